"""`%kagura dashboard`: everything at a glance, in a cell and as a page of its own.

timeline    conversations and stars by day, week or month
pictures    two charts of it
facts       what is read, once for all cards
glance      the numbers that matter most
cards       one view for each question, in one table
page        the cards side by side, as text and as HTML
live        the same page in a widget that follows trainings and can be refreshed
serving     the same notebook as a web page, through Voilà
"""
