# Reference results for a score of clusters: lme4 (tightened), lmerTest with pbkrtest, clubSandwich; run by generate.py.
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(numDeriv); library(clubSandwich); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")))
d <- read("prenatal")
control <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9, maxfun = 1e5),
                        check.conv.grad = "ignore", check.conv.singular = "ignore")
m <- glmer(y ~ score + young + primary + father + (1 | cluster), d, family = binomial, nAGQ = 25, control = control)
deviance <- update(m, devFunOnly = TRUE)
at <- c(getME(m, "theta"), fixef(m))
for (pass in 1:2) at <- at - solve(hessian(deviance, at), grad(deviance, at))
covariance <- 2 * solve(hessian(deviance, at))
X <- model.matrix(~ score + young + primary + father, d)
# Difference in probability, averaged over rows and over clusters' effects: by R's own integration.
difference <- function(par) {
  s <- abs(par[1]); beta <- par[-1]
  over <- function(eta) integrate(function(u) plogis(eta + s * u) * dnorm(u), -9, 9, rel.tol = 1e-11)$value
  mean(vapply(seq_len(nrow(X)), function(i) {
    up <- X[i, ]; up[2] <- up[2] + 0.5; down <- X[i, ]; down[2] <- down[2] - 0.5
    over(sum(up * beta)) - over(sum(down * beta))
  }, 0))
}
slope <- grad(difference, at, method = "simple", method.args = list(eps = 1e-5))
back <- grad(difference, at, method = "simple", method.args = list(eps = -1e-5))
slope <- (slope + back) / 2
plain <- glm(y ~ score + young + primary + father, d, family = binomial, control = glm.control(epsilon = 1e-14, maxit = 100))
robust <- coef_test(plain, vcov = vcovCR(plain, cluster = d$cluster, type = "CR2"), test = "Satterthwaite")

s <- read("schools")
linear <- lmer(y ~ score + status + girl + (1 | cluster), s, REML = TRUE,
               control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14)))
kr <- coef(summary(linear, ddf = "Kenward-Roger"))["score", ]
results <- list(
  prenatal = list(n_rows = nrow(d), n_clusters = length(unique(d$cluster)), slope = unname(at[3]),
                  std_error = sqrt(covariance[3, 3]), sd = unname(abs(at[1])), difference = difference(at),
                  difference_error = sqrt(c(slope %*% covariance %*% slope)), plain_slope = robust$beta[2],
                  plain_error = robust$SE[2], plain_df = robust$df_Satt[2]),
  schools = list(n_rows = nrow(s), n_clusters = length(unique(s$cluster)), slope = kr[["Estimate"]],
                 std_error = kr[["Std. Error"]], df = kr[["df"]], sd = as.data.frame(VarCorr(linear))$sdcor[1]))
write(toJSON(results, digits = I(12), auto_unbox = TRUE, pretty = TRUE), args[2])
