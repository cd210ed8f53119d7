# Reference results for cross-lagged panels: lm with clubSandwich, lavaan; run by generate.py.
suppressPackageStartupMessages({library(clubSandwich); library(lavaan); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))
d <- read("firms")
d$cell <- factor(paste(d$sector, d$year))
m <- lm(cbind(work_later, wage_later) ~ 0 + wage_before + work_before + capital_before + cell, d)
V <- vcovCR(m, cluster = d$sector, type = "CR2")
at <- c("work_later:wage_before", "wage_later:work_before", "wage_later:wage_before", "work_later:work_before")
b <- coef(m)
estimates <- c(b["wage_before", "work_later"], b["work_before", "wage_later"], b["wage_before", "wage_later"],
               b["work_before", "work_later"])
degrees <- function(outcome, name) {
  one <- lm(reformulate(c("0", "wage_before", "work_before", "capital_before", "cell"), outcome), d)
  coef_test(one, vcov = vcovCR(one, cluster = d$sector, type = "CR2"), coefs = name, test = "Satterthwaite")$df_Satt
}
spread <- function(name) sqrt(mean(tapply(d[[name]], d$year, var)))
firms <- list(n_rows = nrow(d), names = c("forward", "backward", "first_carried", "second_carried"),
              estimates = unname(estimates), covariance = unname(as.matrix(V)[at, at]),
              df = c(degrees("work_later", "wage_before"), degrees("wage_later", "work_before"),
                     degrees("wage_later", "wage_before"), degrees("work_later", "work_before")),
              forward_per_sd = unname(estimates[1]) * spread("wage_before") / spread("work_later"),
              backward_per_sd = unname(estimates[2]) * spread("work_before") / spread("wage_later"))

w <- read("workers")
names <- setdiff(names(w), "group")
for (name in names) w[[name]] <- w[[name]] - ave(w[[name]], w$group)
model <- "
  lw =~ 1*weeks_0 + 1*weeks_1 + 1*weeks_2
  lg =~ 1*wage_0 + 1*wage_1 + 1*wage_2
  a0 =~ 1*weeks_0
  a1 =~ 1*weeks_1
  a2 =~ 1*weeks_2
  b0 =~ 1*wage_0
  b1 =~ 1*wage_1
  b2 =~ 1*wage_2
  weeks_0 ~~ 0*weeks_0
  weeks_1 ~~ 0*weeks_1
  weeks_2 ~~ 0*weeks_2
  wage_0 ~~ 0*wage_0
  wage_1 ~~ 0*wage_1
  wage_2 ~~ 0*wage_2
  b1 ~ forward*a0 + second_carried*b0
  b2 ~ forward*a1 + second_carried*b1
  a1 ~ first_carried*a0 + backward*b0
  a2 ~ first_carried*a1 + backward*b1
  a0 ~~ b0
  a1 ~~ b1
  a2 ~~ b2
  lw ~~ lw + lg
  lg ~~ lg
  lw ~~ 0*a0 + 0*b0
  lg ~~ 0*a0 + 0*b0
"
fit <- lavaan(model, w[, names], auto.var = TRUE, meanstructure = FALSE, se = "robust.sem")
p <- parameterEstimates(fit)
value <- function(name, what) p[match(name, p$label), what]
level <- function(name) p$est[p$lhs == name & p$op == "~~" & p$rhs == name]
order <- c("forward", "backward", "first_carried", "second_carried")
workers <- list(n_people = nrow(w), names = order, estimates = value(order, "est"), errors = value(order, "se"),
                levels = c(level("lw"), level("lg")), parameters = lavInspect(fit, "npar") - sum(lavInspect(fit, "list")$op == "=="), converged = lavInspect(fit, "converged"))
write(toJSON(list(firms = firms, workers = workers), digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
