# Reference results for competing causes, weighted and clustered Cox regression, log-rank tests and restricted
# means; run by generate.py.
#   mgus2 (survival): 1,384 people, plasma cell malignancy or death first, in months: many ties, of both causes.
#   bmt (KMsurv): 137 transplants, relapse or death first, in days.
#   pbc (survival): 418 people, transplant or death first; covariates with missing values.
#   colon (survival): recurrence after surgery in three arms; covariates with missing values.
#   veteran (survival): lung cancer, two arms. heart (survival): rows split at the transplant.
suppressPackageStartupMessages({library(survival); library(cmprsk); library(etm); library(survRM2); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))
exact <- coxph.control(eps = 1e-11, toler.chol = 1e-12)

competing <- function(d, times) {
  f <- survfit(Surv(t, factor(cause, 0:2)) ~ 1, d)
  s <- summary(f, times = times)
  w <- summary(survfit(Surv(t, factor(cause, 0:2)) ~ 1, d, weights = w, robust = TRUE), times = times)
  # survival 3.5-3 leaves `cluster` out of the error of several states; its influences by person do not.
  g <- survfit(Surv(t, factor(cause, 0:2)) ~ 1, d, influence = TRUE)
  by_cluster <- sapply(findInterval(times, g$time) + 1, function(i) sqrt(colSums(rowsum(g$influence.pstate[, i, ], d$cluster)^2)))
  gray <- timepoints(cuminc(d$t, d$cause), times)
  by_cause <- lapply(1:2, function(k) {
    e <- summary(etmCIF(Surv(t, cause != 0) ~ 1, d, etype = cause, failcode = k), ci.fun = "cloglog")[[1]]
    e <- e[[paste("CIF", k)]]
    at <- e[findInterval(times, e$time), ]
    list(share = s$pstate[, k + 1], std_error = s$std.err[, k + 1], cuminc = unname(gray$est[k, ]),
         cuminc_std_error = unname(sqrt(gray$var[k, ])),
         etm = at$P, etm_std_error = sqrt(at$var), etm_low = at$lower, etm_high = at$upper,
         weighted = w$pstate[, k + 1], weighted_std_error = w$std.err[, k + 1],
         clustered_std_error = by_cluster[k + 1, ])
  })
  list(times = times, causes = by_cause, at_risk = s$n.risk[, 1])
}
delayed <- function(d, times) {
  f <- summary(survfit(Surv(entry, exit, factor(cause, 0:2)) ~ 1, d, id = id), times = times)
  by_cause <- lapply(1:2, function(k) {
    e <- summary(etmCIF(Surv(entry, exit, cause != 0) ~ 1, d, etype = cause, failcode = k))[[1]][[paste("CIF", k)]]
    at <- e[findInterval(times, e$time), ]
    list(share = f$pstate[, k + 1], jackknife_std_error = f$std.err[, k + 1], etm = at$P,
         etm_std_error = sqrt(at$var))
  })
  list(times = times, causes = by_cause)
}
means <- function(d, tau) {
  m <- rmst2(d$t, d$event, d$arm, tau = tau)
  one <- function(x) list(value = unname(x$rmst["Est."]), std_error = unname(x$rmst["se"]))
  u <- m$unadjusted.result
  list(tau = tau, first = one(m$RMST.arm1), second = one(m$RMST.arm0),
       difference = unname(u[1, 1:3]), ratio = unname(u[2, 1:3]))
}
weighted_cox <- function(formula, d) {
  m <- do.call(coxph, list(formula, data = d, ties = "efron", weights = d$w, cluster = d$cluster, control = exact))
  list(beta = unname(coef(m)), naive = unname(sqrt(diag(m$naive.var))), robust = unname(sqrt(diag(vcov(m)))),
       log_likelihood = m$loglik[2])
}
plain_cox <- function(formula, d) {
  m <- do.call(coxph, list(formula, data = d, ties = "efron", control = exact))
  z <- cox.zph(m, transform = "rank", terms = FALSE)$table[, "p"]
  list(n = m$n, beta = unname(coef(m)), std_error = unname(sqrt(diag(vcov(m)))),
       drift = unname(z[1]), drift_global = unname(z[length(z)]))
}
rank_test <- function(formula, d) {
  s <- survdiff(formula, d)
  list(statistic = s$chisq, observed = unname(s$obs), expected = unname(s$exp))
}
number <- function(d) transform(d, w = 0.5 + (seq_len(nrow(d)) %% 5) / 2, cluster = seq_len(nrow(d)) %% 11)

mgus <- read("mgus2")
mgus <- number(transform(mgus, t = ifelse(pstat == 0, futime, ptime), cause = ifelse(pstat == 0, 2 * death, 1)))
aged <- transform(mgus, entry = pmax(12 * age, 720), exit = 12 * age + t)
aged <- aged[aged$exit > aged$entry, ]
bmt <- read("bmt")
bmt <- number(transform(bmt, t = t2, cause = ifelse(d2 == 1, 1, 2 * d1)))
pbc <- number(transform(read("pbc"), t = time, cause = status))
colon <- number(transform(subset(read("colon"), etype == 1), t = time, event = status))
colon$arm <- as.numeric(colon$rx == "Lev+5FU")
veteran <- read("veteran")
veteran <- number(transform(veteran, t = time, event = status, arm = trt - 1))
heart <- read("heart")
heart <- number(heart)

# The analyses from core frames: treatment 2 as helping, Karnofsky's score as meetings, within 365 days.
helping <- transform(veteran, used = status == 1 & time <= 365, day = pmin(time, 365), meetings = karno / 10,
                     men = prior == 10, severity = diagtime / 100, older = age >= 60)
helping$meetings[seq_len(nrow(helping)) %% 7 == 0] <- NA
shares <- summary(survfit(Surv(day, used) ~ arm, helping, conf.type = "log-log"), times = 365)

results <- list(
  mgus2 = competing(mgus, c(12, 60, 120, 240, 360)),
  bmt = competing(bmt, c(100, 365, 1000)),
  pbc = competing(pbc, c(365, 1826, 3652)),
  mgus2_by_age = delayed(aged, 12 * c(65, 75, 85, 95)),
  veteran_means = means(veteran, 365),
  colon_means = means(colon, 2000),
  pbc_means = means(transform(pbc[!is.na(pbc$trt), ], event = as.numeric(cause == 2), arm = trt - 1), 3652),
  heart_weighted = weighted_cox(Surv(start, stop, event) ~ transplant + age + surgery, heart),
  veteran_tied_weighted = weighted_cox(Surv(ceiling(t / 30), event) ~ arm + karno + age, veteran),
  colon_weighted = weighted_cox(Surv(t, event) ~ arm + nodes + differ, colon[complete.cases(colon[, c("nodes", "differ")]), ]),
  pbc_weighted = weighted_cox(Surv(t, cause == 2) ~ age + bili + copper, pbc[!is.na(pbc$copper), ]),
  veteran_rank = rank_test(Surv(t, event) ~ arm, veteran),
  colon_rank = rank_test(Surv(t, event) ~ rx, colon),
  tied_rank = rank_test(Surv(ceiling(t / 60), event) ~ celltype, veteran),
  helping = list(
    alone = plain_cox(Surv(day, used) ~ arm, helping),
    complete = plain_cox(Surv(day, used) ~ arm + meetings + men + older + severity, helping),
    meetings = plain_cox(Surv(day, used) ~ arm + meetings, helping),
    shares = list(value = shares$surv, low = shares$lower, high = shares$upper, std_error = shares$std.err),
    rank = rank_test(Surv(day, used) ~ arm, helping),
    means = means(transform(helping, t = day, event = as.numeric(used)), 365)),
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival")),
                  cmprsk = as.character(packageVersion("cmprsk")), etm = as.character(packageVersion("etm")),
                  survRM2 = as.character(packageVersion("survRM2"))))
write(toJSON(results, digits = I(14), auto_unbox = TRUE, pretty = TRUE), args[2])
