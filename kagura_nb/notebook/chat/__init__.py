"""The chat panel: the widget (`panel`), a reply on its way (`live`), what is sent (`turns`)."""
