"""The Pollock benchmark of CSV loading (Vitagliano et al., VLDB 2023): polluted and real files, each with the table that it stands for.

`python -m bench.pollock CHECKOUT [auto|configured]`. CHECKOUT is a clone of github.com/HPI-Information-Systems/Pollock; nothing of it is
kept here. Its measures are imported from it, and need what `pip install chardet joblib multiset price-parser python-dateutil` installs.
"""
