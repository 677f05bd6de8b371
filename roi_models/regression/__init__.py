"""Least squares with errors that cluster over accounts.

Belongs here: estimators that several rooms use.
Does not belong here: any particular question.
"""
