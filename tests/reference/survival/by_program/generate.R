# Errors by program of cumulative incidence; run by generate.py.
#   mgus2 (survival): 1,384 people, plasma cell malignancy or death first. bmt (KMsurv): 137 transplants, relapse or
#   death first. pbc (survival): 418 people, transplant or death first. Eleven clusters by the number of the row.
# survfit's influences by person, taken as a mean of people, through clubSandwich's CR2 and Satterthwaite's df.
suppressPackageStartupMessages({library(survival); library(clubSandwich); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))

by_program <- function(t, cause, times) {
  d <- data.frame(t = t, cause = cause, cluster = seq_along(t) %% 11)
  g <- survfit(Surv(t, factor(cause, 0:2)) ~ 1, d, influence = TRUE)
  lapply(1:2, function(k) {
    found <- sapply(findInterval(times, g$time) + 1, function(i) {
      d$psi <- g$influence.pstate[, i, k + 1] * nrow(d)
      if (all(d$psi == 0)) return(c(NA, NA))
      m <- lm(psi ~ 1, d)
      v <- vcovCR(m, cluster = d$cluster, type = "CR2")
      c(sqrt(v[1, 1]), coef_test(m, vcov = v, test = "Satterthwaite")$df_Satt)
    })
    list(std_error = found[1, ], df = found[2, ])
  })
}

m <- read("mgus2"); b <- read("bmt"); p <- read("pbc")
one <- function(t, cause, times) list(times = times, causes = by_program(t, cause, times))
results <- list(
  mgus2 = one(ifelse(m$pstat == 0, m$futime, m$ptime), ifelse(m$pstat == 0, 2 * m$death, 1), c(60, 120, 240)),
  bmt = one(b$t2, ifelse(b$d2 == 1, 1, 2 * b$d1), c(100, 365, 1000)),
  pbc = one(p$time, p$status, c(1826, 3652)))
write_json(results, args[2], digits = NA, auto_unbox = TRUE, na = "null", pretty = TRUE)
