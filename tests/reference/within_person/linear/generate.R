# Reference fits of linear mixed models; run by generate.py. lme4 with its tolerances tightened to 1e-12,
# lmerTest for Satterthwaite, pbkrtest for Kenward-Roger, nlme as a second opinion, lme4's profiles.
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest); library(nlme); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
tight <- lmerControl(optimizer = "nloptwrap", optCtrl = list(
  xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-14, ftol_rel = 1e-15, maxeval = 1e5),
  check.conv.grad = "ignore", check.conv.hess = "ignore", check.conv.singular = "ignore", check.scaleX = "ignore")
cases <- fromJSON(file.path(args[1], "cases.json"), simplifyVector = TRUE)
profiled <- c("sleep_slope_ml", "rats_slope_ml", "sleep_slope", "marks_diagonal_ml")
second <- c("sleep_slope", "marks_slope", "rats_slope", "boys_two_slopes", "milk_slope")
results <- list()
for (name in names(cases)) {
  case <- cases[[name]]
  d <- read.csv(file.path(args[1], paste0(name, ".csv")))
  d$person <- factor(d$person)
  x <- grep("^x", names(d), value = TRUE)
  z <- paste0("x", case$random)
  bar <- if (case$structure == "diagonal" && length(z) > 1) "||" else "|"
  fixed <- paste("y ~ 0 +", paste(x, collapse = " + "))
  random <- paste("0 +", paste(z, collapse = " + "))
  formula <- as.formula(paste0(fixed, " + (", random, bar, " person)"))
  reml <- case$method == "reml"
  m <- if (case$weighted) lmerTest::lmer(formula, d, REML = reml, control = tight, weights = w) else
    lmerTest::lmer(formula, d, REML = reml, control = tight)
  # a second start: keep the better of two optima found
  again <- tryCatch(update(m, start = getME(m, "theta") * 1.2 + 0.05), error = function(e) m)
  if (logLik(again) > logLik(m)) m <- again
  vc <- as.matrix(Matrix::bdiag(VarCorr(m)))
  summ <- coef(summary(m, ddf = "Satterthwaite"))
  out <- list(
    n_rows = nrow(d), n_people = nlevels(d$person), beta = unname(fixef(m)),
    std_error = unname(sqrt(diag(as.matrix(vcov(m))))), covariance = unname(c(as.matrix(vcov(m)))),
    random_covariance = c(vc), residual_variance = sigma(m)^2, log_likelihood = as.numeric(logLik(m)),
    singular = isSingular(m, tol = 1e-4), satterthwaite = unname(summ[, "df"]))
  out$satterthwaite_contrast <- unname(contest1D(m, 1 / seq_along(x))$df)
  if (reml && case$small) {
    # pbkrtest takes no notice of prior weights: give it the same model in rows times sqrt(weight)
    if (case$weighted) {
      d[c(x, "y")] <- d[c(x, "y")] * sqrt(d$w)
      m <- lmerTest::lmer(formula, d, REML = reml, control = tight)
    }
    adjusted <- vcovAdj(m)
    out$kr_std_error <- unname(sqrt(diag(as.matrix(adjusted))))
    out$kr_covariance <- unname(c(as.matrix(adjusted)))
    p <- length(x)
    out$kr_df <- sapply(seq_len(p), function(j) { l <- rep(0, p); l[j] <- 1; get_Lb_ddf(m, l) })
    l <- rep(1, p) / seq_len(p)
    out$kr_df_contrast <- get_Lb_ddf(m, l)
  }
  if (name %in% second) {
    n <- lme(as.formula(fixed), random = as.formula(paste("~", random, "| person")), data = d,
             method = toupper(case$method), control = lmeControl(
               maxIter = 500, msMaxIter = 500, niterEM = 500, tolerance = 1e-12, msTol = 1e-12, returnObject = TRUE))
    out$nlme <- list(beta = unname(fixef(n)), std_error = unname(sqrt(diag(vcov(n)))),
                     log_likelihood = as.numeric(logLik(n)))
  }
  if (name %in% profiled) {
    ci <- suppressWarnings(suppressMessages(confint(lme4::lmer(formula, d, REML = reml, control = tight), method = "profile")))
    out$profile <- list(names = rownames(ci), low = unname(ci[, 1]), high = unname(ci[, 2]))
  }
  results[[name]] <- out
  message(name, "  ", out$singular, "  ", format(out$log_likelihood, digits = 12))
}
results$versions <- lapply(c(lme4 = "lme4", lmerTest = "lmerTest", pbkrtest = "pbkrtest", nlme = "nlme"),
                           function(p) as.character(packageVersion(p)))
results$versions$R <- R.version.string
write(toJSON(results, digits = I(14), auto_unbox = TRUE, pretty = TRUE, na = "null"), args[2])
