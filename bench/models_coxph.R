# Times survival::coxph (Efron) on columns of doubles written one after the other; called by bench/models.py.
# Prints seconds by the clock, processor seconds (medians), the score's coefficient and its standard error.
library(survival)
arguments <- commandArgs(trailingOnly = TRUE)
columns <- strsplit(arguments[2], ",")[[1]]
values <- readBin(arguments[1], "double", file.size(arguments[1]) / 8)
rows <- as.data.frame(matrix(values, ncol = length(columns), dimnames = list(NULL, columns)))
rm(values)
terms <- setdiff(columns, c("month", "event", "account_group"))
model <- as.formula(paste("Surv(month, month + 1, event) ~", paste(terms, collapse = " + ")))
clustered <- arguments[4] == "yes"
clocks <- cpus <- c()
for (run in seq_len(as.integer(arguments[3]))) {
  gc()
  taken <- system.time(
    fit <- if (clustered) coxph(model, data = rows, ties = "efron", cluster = account_group)
           else coxph(model, data = rows, ties = "efron")
  )
  clocks <- c(clocks, taken[["elapsed"]])
  cpus <- c(cpus, taken[["user.self"]] + taken[["sys.self"]])
  if (taken[["elapsed"]] > as.numeric(arguments[5])) break
}
error <- sqrt(diag(fit$var))[match("score", names(coef(fit)))]
cat(median(clocks), median(cpus), format(coef(fit)[["score"]], digits = 15), format(error, digits = 15), "\n")
