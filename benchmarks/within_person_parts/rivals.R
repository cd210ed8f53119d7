# The R rivals: Rscript rivals.R NAME FOLDER. Reads the written diary, says it is ready, and fits once for each
# line on standard input; short fits are repeated for a quarter of a second and the median taken.

arguments <- commandArgs(trailingOnly = TRUE)
name <- arguments[1]
folder <- arguments[2]
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))

size <- jsonlite::fromJSON(file.path(folder, "size.json"))
doubles <- function(column) readBin(file.path(folder, paste0(column, ".bin")), "double", size$rows)
shorts <- function(column) readBin(file.path(folder, paste0(column, ".bin")), "integer", size$rows)
diary <- data.frame(
  person = factor(shorts("person")), time = doubles("time"), xw = doubles("xw"),
  xb = doubles("xb"), meeting = doubles("meeting")
)
if (name %in% c("tmb", "glmmadaptive")) {
  diary$y <- doubles("capped")
} else {
  diary$y <- doubles("y")
}
if (name == "nlme-ar1") diary$day <- shorts("day")
formula <- y ~ time + xw + xb + meeting + xw:meeting

spread_of <- function(covariance, sigma) {
  sd <- sqrt(diag(covariance))
  c(sd, covariance[1, 2] / prod(sd), sigma)
}
said <- function(beta, covariance, spread, log_likelihood, note = "") {
  list(
    beta = as.numeric(beta), se = sqrt(diag(as.matrix(covariance))), spread = as.numeric(spread),
    log_likelihood = as.numeric(log_likelihood), note = note
  )
}

fit_lme4 <- function() {
  fit <- suppressMessages(lme4::lmer(update(formula, . ~ . + (1 + xw | person)), diary))
  notes <- fit@optinfo$conv$lme4$messages
  said(
    lme4::fixef(fit), vcov(fit), spread_of(matrix(lme4::VarCorr(fit)$person, 2), sigma(fit)), logLik(fit),
    if (is.null(notes)) "" else paste("warns:", notes[1])
  )
}
nlme_optimizer <- "nlminb"  # its default, until that stops without an answer
fit_nlme <- function(correlation = NULL) {
  once <- function() {
    nlme::lme(
      formula, random = ~ 1 + xw | person, data = diary, correlation = correlation,
      control = nlme::lmeControl(opt = nlme_optimizer)
    )
  }
  fit <- tryCatch(once(), error = function(failure) {
    if (nlme_optimizer == "optim") stop(failure)
    nlme_optimizer <<- "optim"
    once()
  })
  covariance <- matrix(nlme::getVarCov(fit), 2)
  phi <- if (is.null(correlation)) NULL else coef(fit$modelStruct$corStruct, unconstrained = FALSE)
  said(
    nlme::fixef(fit), vcov(fit), c(spread_of(covariance, fit$sigma), phi), logLik(fit),
    if (nlme_optimizer == "optim") "nlminb, its default, failed: by optim" else ""
  )
}
fit_tmb <- function() {
  at_ceiling <- as.integer(diary$y >= size$ceiling)
  x <- model.matrix(formula, diary)
  start <- lm(formula, diary)
  people <- nlevels(diary$person)
  objective <- TMB::MakeADFun(
    list(y = diary$y, x = x, slope_column = diary$xw, person = as.integer(diary$person) - 1L,
         at_ceiling = at_ceiling),
    list(beta = coef(start), log_sd = log(c(1, 0.5)), atanh_rho = 0, log_sigma = log(sigma(start)),
         effect = matrix(0, people, 2)),
    random = "effect", DLL = "tobit_laplace", silent = TRUE
  )
  found <- nlminb(objective$par, objective$fn, objective$gr, control = list(eval.max = 500, iter.max = 500))
  report <- TMB::sdreport(objective)
  p <- seq_along(coef(start))
  par <- found$par[-p]
  said(
    found$par[p], report$cov.fixed[p, p], c(exp(par[1:2]), tanh(par[3]), exp(par[4])), -found$objective,
    if (found$convergence == 0) "" else paste("optimizer:", found$message)
  )
}
fit_glmmadaptive <- function() {
  # Its own way of marking a censored answer: a second column, 2 for censored on the right.
  diary$mark <- ifelse(diary$y >= size$ceiling, 2, 0)
  fit <- GLMMadaptive::mixed_model(
    cbind(y, mark) ~ time + xw + xb + meeting + xw:meeting, random = ~ 1 + xw | person, data = diary,
    family = GLMMadaptive::censored.normal(), nAGQ = 11
  )
  p <- seq_along(fit$coefficients)
  said(
    fit$coefficients, vcov(fit)[p, p], spread_of(fit$D, exp(fit$phis)), logLik(fit),
    if (fit$converged) "" else "says it did not converge"
  )
}

fit <- switch(name,
  "lme4" = fit_lme4,
  "nlme" = fit_nlme,
  "nlme-ar1" = function() fit_nlme(nlme::corAR1(form = ~ day | person)),
  "tmb" = fit_tmb,
  "glmmadaptive" = fit_glmmadaptive
)
if (name == "tmb") {
  # Compiled once beside the data, before the clock starts; nothing is left beside the source.
  copy <- file.path(dirname(folder), "tobit_laplace.cpp")
  compiled <- TMB::dynlib(sub(".cpp$", "", copy))
  if (!file.exists(compiled)) {
    invisible(file.copy(file.path(here, "tobit_laplace.cpp"), copy))
    invisible(TMB::compile(copy, "-O2"))
  }
  dyn.load(compiled)
} else {
  invisible(suppressPackageStartupMessages(loadNamespace(
    c(lme4 = "lme4", nlme = "nlme", "nlme-ar1" = "nlme", glmmadaptive = "GLMMadaptive")[[name]]
  )))
}

peak_mb <- function() {
  line <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
answer <- function(fields) {
  cat(jsonlite::toJSON(fields, auto_unbox = TRUE, digits = NA), "\n", sep = "")
  flush(stdout())
}
answer(list(fits = I("go"), peak_mb = peak_mb()))
commands <- file("stdin", "r")
while (length(readLines(commands, 1)) > 0) {
  wall <- c()
  processor <- c()
  while (length(wall) == 0 || (sum(wall) < 0.25 && length(wall) < 40)) {
    begun <- proc.time()
    result <- fit()
    took <- proc.time() - begun
    wall <- c(wall, took[["elapsed"]])
    processor <- c(processor, took[["user.self"]] + took[["sys.self"]])
  }
  answer(c(
    list(seconds = median(wall), processor_seconds = median(processor), runs = length(wall), peak_mb = peak_mb()),
    result
  ))
}
