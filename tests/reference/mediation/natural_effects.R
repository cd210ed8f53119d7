# Natural effects on two public trials, by the R package mediation and by sums and integrals written out here.
#
#   Rscript natural_effects.R
#
# writes framing.csv, jobs.csv (with answers taken away at random, which every analysis then lacks) and
# natural_effects.json beside it. Needs R with the packages mediation and jsonlite; five minutes.

suppressMessages({library(mediation); library(jsonlite)})
sims <- 1000

lose <- function(data, columns, share) {
  for (name in columns) data[[name]][runif(nrow(data)) < share] <- NA
  data
}

set.seed(2010)
data(framing)
framing <- with(framing, data.frame(
  treat, emo, cong_mesg, age, income, female = as.numeric(gender == "female"),
  college = as.numeric(educ == "bachelor's degree or higher"), high_school = as.numeric(educ == "high school")))
framing <- lose(framing, c("emo", "income", "cong_mesg"), 0.06)
data(jobs)
jobs <- with(jobs, data.frame(
  treat, job_seek, job_dich, job_disc, depress2, working = as.numeric(work1 == "psyemp"), econ_hard, sex, age,
  depress1, nonwhite = as.numeric(nonwhite == "non.white1")))
jobs <- lose(jobs, c("job_seek", "job_disc", "depress2", "econ_hard", "working"), 0.08)
write.csv(framing, "framing.csv", row.names = FALSE)
write.csv(jobs, "jobs.csv", row.names = FALSE)

by_arm <- function(residuals, treat, parameters) {
  n <- length(treat)
  sapply(0:1, function(a) sum(residuals[treat == a]^2) / (sum(treat == a) * (1 - parameters / n)))
}

# One mediator, normal or yes-no: cells by numerical integration or by the sum over both values.
one_mediator <- function(data, mediator, outcome, covariates, law, family, interaction) {
  right <- paste(covariates, collapse = " + ")
  product <- if (interaction) " * " else " + "
  model_m <- if (law == "normal") lm(as.formula(paste(mediator, "~ treat +", right)), data) else
    glm(as.formula(paste(mediator, "~ treat +", right)), binomial, data)
  formula_y <- as.formula(paste(outcome, "~ treat", product, mediator, "+", right))
  model_y <- if (family == "linear") lm(formula_y, data) else glm(formula_y, binomial, data)
  sigma <- if (law == "normal") sqrt(by_arm(residuals(model_m), data$treat, length(coef(model_m))))
  inverse <- if (family == "linear") identity else plogis
  b <- coef(model_y)
  slope <- function(a) b[[mediator]] + if (interaction) a * b[[paste0("treat:", mediator)]] else 0
  cell <- function(a, source) {
    at <- data
    at$treat <- source
    mean_m <- predict(model_m, at, type = "response")
    at$treat <- a
    at[[mediator]] <- 0
    base <- predict(model_y, at)  # of a logistic model: the log odds
    if (law == "normal") {
      each <- mapply(function(m, k) integrate(
        function(u) inverse(k + slope(a) * (m + sigma[source + 1] * u)) * dnorm(u), -12, 12,
        rel.tol = 1e-11, subdivisions = 500)$value, mean_m, base)
    } else each <- (1 - mean_m) * inverse(base) + mean_m * inverse(base + slope(a))
    mean(each)
  }
  y11 <- cell(1, 1); y10 <- cell(1, 0); y00 <- cell(0, 0); y01 <- cell(0, 1)
  exact <- list(total = y11 - y00, direct = y10 - y00, indirect = y11 - y10, direct_at_social = y11 - y01,
                indirect_at_clinical = y01 - y00)
  # mediate() evaluates the calls of the models anew
  model_m$call$data <- data; model_y$call$data <- data
  model_m$call$formula <- formula(model_m); model_y$call$formula <- formula(model_y)
  set.seed(7)
  found <- mediate(model_m, model_y, treat = "treat", mediator = mediator, sims = sims)
  pick <- function(estimate, draws) list(estimate = estimate, sd = sd(draws))
  simulated <- list(
    total = pick(found$tau.coef, found$tau.sims), direct = pick(found$z0, found$z0.sims),
    indirect = pick(found$d1, found$d1.sims), direct_at_social = pick(found$z1, found$z1.sims),
    indirect_at_clinical = pick(found$d0, found$d0.sims))
  list(people = nrow(data), exact = exact, simulated = simulated)
}

sensitivity <- function(data, mediator, outcome, covariates) {
  right <- paste(covariates, collapse = " + ")
  model_m <- lm(as.formula(paste(mediator, "~ treat +", right)), data)
  model_y <- glm(as.formula(paste(outcome, "~ treat +", mediator, "+", right)), binomial("probit"), data)
  model_m$call$data <- data; model_y$call$data <- data
  model_m$call$formula <- formula(model_m); model_y$call$formula <- formula(model_y)
  set.seed(7)
  found <- mediate(model_m, model_y, treat = "treat", mediator = mediator, sims = 100)
  suppressWarnings(medsens(found, rho.by = 0.01, sims = 50)$err.cr.d)
}

of_framing <- c("age", "income", "female", "college", "high_school")
of_jobs <- c("econ_hard", "sex", "age", "depress1", "nonwhite")
whole <- function(data, names) na.omit(data[, c("treat", names)])
f <- whole(framing, c("emo", "cong_mesg", of_framing))
j <- whole(jobs, c("job_seek", "working", of_jobs))
jl <- whole(jobs, c("job_seek", "depress2", of_jobs))
jd <- whole(jobs, c("job_dich", "working", of_jobs))
answers <- list(
  command = "Rscript natural_effects.R", sims = sims,
  versions = list(R = R.version.string, mediation = as.character(packageVersion("mediation"))),
  framing_with_product = one_mediator(f, "emo", "cong_mesg", of_framing, "normal", "logistic", TRUE),
  framing_without_product = one_mediator(f, "emo", "cong_mesg", of_framing, "normal", "logistic", FALSE),
  jobs_with_product = one_mediator(j, "job_seek", "working", of_jobs, "normal", "logistic", TRUE),
  jobs_yes_or_no_mediator = one_mediator(jd, "job_dich", "working", of_jobs, "yes_or_no", "logistic", TRUE),
  jobs_linear_outcome = one_mediator(jl, "job_seek", "depress2", of_jobs, "normal", "linear", TRUE),
  correlation_framing = sensitivity(f, "emo", "cong_mesg", of_framing),
  correlation_jobs = sensitivity(j, "job_seek", "working", of_jobs))
write_json(answers, "natural_effects.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
