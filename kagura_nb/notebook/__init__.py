"""What a person sees in a notebook: magics, sub-commands, views, stars."""
