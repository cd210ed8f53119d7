# Reference results for paired yes-or-no answers; run by generate.py.
#   ohio (geepack): wheezing of the same 537 children at ages 7 to 10 (age -2 to 1); 7 against 10, and 9 against 10.
#   approval: the same 1,600 voters asked twice, the example of R's ?mcnemar.test (Agresti 1990, p. 350).
# Tango's score limits (Stat Med 1998, 17:891) are written from the paper's score equation and solved by uniroot:
# an interval of another construction, to compare Newcombe's with.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(trailingOnly = TRUE)

tango <- function(both, only_first, only_second, neither) {
  n <- both + only_first + only_second + neither
  b <- only_second; c <- only_first
  score <- function(delta) {
    A <- 2 * n; B <- -b - c + (2 * n - b + c) * delta; C <- -c * delta * (1 - delta)
    q21 <- (sqrt(B^2 - 4 * A * C) - B) / (2 * A)
    (b - c - n * delta) / sqrt(n * (2 * q21 + delta * (1 - delta)))
  }
  z <- qnorm(0.975); d <- (b - c) / n
  c(uniroot(function(x) score(x) - z, c(-1 + 1e-9, d - 1e-12), tol = 1e-13)$root,
    uniroot(function(x) score(x) + z, c(d + 1e-12, 1 - 1e-9), tol = 1e-13)$root)
}

describe <- function(t) {
  n <- sum(t)
  list(table = t, mcnemar_p = binom.test(t[3], t[2] + t[3], 0.5)$p.value,
       wilson_first = as.numeric(prop.test(t[1] + t[2], n, correct = FALSE)$conf.int),
       wilson_second = as.numeric(prop.test(t[1] + t[3], n, correct = FALSE)$conf.int),
       tango = tango(t[1], t[2], t[3], t[4]))
}

ohio <- read.csv(file.path(args[1], "ohio.csv"))
wide <- reshape(ohio, idvar = "id", timevar = "age", direction = "wide")
pair <- function(a, b) c(sum(a & b), sum(a & !b), sum(!a & b), sum(!a & !b))
results <- list(
  ohio_7_10 = describe(pair(wide[["resp.-2"]] == 1, wide[["resp.1"]] == 1)),
  ohio_9_10 = describe(pair(wide[["resp.0"]] == 1, wide[["resp.1"]] == 1)),
  approval = describe(c(794, 150, 86, 570)))
results$versions <- list(R = R.version.string)
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
