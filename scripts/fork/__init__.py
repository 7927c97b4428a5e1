"""`make fork`: makes this project somebody's own, and takes away what they do not need.

things.py, doors.py   what can be taken away: its paths, its words, and the edits it takes
wording.py            what documents say instead
__main__.py           takes it away, in this order:
tree.py               deletes the paths, and makes the edits; each must fit exactly
python.py             removes what names a thing, or uses what is gone, a piece at a time
unused.py             removes what nothing calls any more
documents.py          does the same for tables, lists and sentences
locks.py              removes packages that nothing needs any more
"""
