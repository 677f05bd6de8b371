"""The grouped hazard model: who leaves in a month, and how that goes with the score.

Belongs here: covariates, cells, the fit and its errors, and what is read off the fit (lags, parts, causes, shape).
Does not belong here: durations (`durations`), money (`case`), what may be said of it (`verdicts`).
"""
