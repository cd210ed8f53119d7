# Reference results for inference with few clusters; run by generate.py.
#   dietox (geepack): feed of pigs in 24 litters, feed missing at the first weighing (rows removed).
#   Contraception (mlmRev): 1,934 women in 60 districts of 2 to 118; and in 5 merged regions.
#   Hsb82 (mlmRev): math scores in 160 schools; sector is constant within a school.
#   HELPrct (mosaicData): people after detoxification, missing values removed, 9 made-up sites.
suppressPackageStartupMessages({library(clubSandwich); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
read <- function(name) read.csv(file.path(args[1], paste0(name, ".csv")), na.strings = c("NA", ""))
weights_of <- function(n) 0.5 + ((seq_len(n) * 13) %% 17) / 10
tests <- function(fit, cluster, ...) {
  t <- coef_test(fit, vcov = vcovCR(fit, cluster = cluster, type = "CR2", ...), test = "Satterthwaite")
  list(beta = unname(coef(fit)), std_error = t$SE, df = t$df, p_value = t$p_Satt)
}
# Predictors turned so that the first coefficient of the contrast becomes the contrast itself.
turned <- function(X, contrast) { A <- diag(ncol(X)); A[which(contrast != 0)[1], ] <- contrast; X %*% solve(A) }
exactly <- glm.control(epsilon = 1e-14, maxit = 100)
results <- list()

# --- CR2 and Satterthwaite's degrees of freedom
pigs <- na.omit(read("dietox")[, c("Feed", "Time", "Start", "Cu", "Litter")])
pigs$Cu <- factor(pigs$Cu); w <- weights_of(nrow(pigs))
results$linear <- tests(lm(Feed ~ Time + Start + Cu, pigs), pigs$Litter)
results$linear_weighted <- tests(lm(Feed ~ Time + Start + Cu, pigs, weights = w), pigs$Litter)
Z <- turned(model.matrix(~ Time + Start + Cu, pigs), c(0, 1, 0, -2, 1))
results$linear_contrast <- tests(lm(Feed ~ 0 + Z, pigs, weights = w), pigs$Litter)
results$linear_precision <- tests(lm(Feed ~ Time + Start + Cu, pigs, weights = w), pigs$Litter,
                                  inverse_var = TRUE)
few <- pigs[pigs$Litter %in% sort(unique(pigs$Litter))[1:5], ]
few$first <- as.numeric(few$Litter == min(few$Litter))
results$linear_own_column <- tests(lm(Feed ~ Time + first, few), few$Litter)

women <- read("Contraception")
women$y <- as.numeric(women$use == "Y"); women$urban <- as.numeric(women$urban == "Y")
women$older <- women$age^2 / 100; w <- weights_of(nrow(women)); women$region <- women$district %% 5
formula <- y ~ age + older + urban
results$logistic <- tests(glm(formula, women, family = binomial, control = exactly), women$district)
Z <- turned(model.matrix(formula, women), c(0, 0, 1, 2))
results$logistic_contrast <- tests(glm(y ~ 0 + Z, women, family = binomial, control = exactly), women$district)
fit <- glm(formula, women, family = quasibinomial, weights = w, control = exactly)
m <- fitted(fit)
results$logistic_precision <- tests(fit, women$district)
results$logistic_weighted <- tests(fit, women$district, target = m * (1 - m), inverse_var = FALSE)
results$logistic_large_clusters <- tests(glm(formula, women, family = binomial, control = exactly), women$region)
results$logistic_weighted_large_clusters <- tests(fit, women$region, target = m * (1 - m), inverse_var = FALSE)

# --- a difference of two kinds of schools: CR2 with independent and with exchangeable pupils
schools <- read("Hsb82")
schools <- schools[schools$school %in% unique(schools$school)[seq(1, 160, by = 14)], ]  # 12 schools
schools$catholic <- as.numeric(schools$sector == "Catholic")
plain <- lm(mAch ~ catholic, schools)
results$arms_independent <- tests(plain, schools$school)
results$arms_schools <- c(table(tapply(schools$catholic, schools$school, max)))
size <- tapply(schools$mAch, schools$school, length)
arm <- tapply(schools$catholic, schools$school, max)
total <- tapply(size, arm, sum)[as.character(arm)]
share <- size / total; own <- size / total^2
# variance within schools, by arm; what schools share on top, by moments
within <- tapply(seq_len(nrow(schools)), schools$catholic, function(i) {
  y <- schools$mAch[i]; s <- schools$school[i]
  sum((y - ave(y, s))^2) / (length(y) - length(unique(s)))
})
scale <- within[as.character(arm)]
sums <- tapply(residuals(plain), schools$school, sum) / total
left <- function(q) q - 2 * share * q + share^2 * tapply(q, arm, sum)[as.character(arm)]
alike <- max(0, (sum(sums^2) - sum(left(scale * own))) / sum(left(scale * share^2)))
target <- lapply(split(schools, schools$school), function(d) {
  s <- within[as.character(d$catholic[1])]
  s * (diag(nrow(d)) + alike * matrix(1, nrow(d), nrow(d)))
})
results$arms_exchangeable <- c(tests(plain, schools$school, target = target, inverse_var = FALSE),
                               list(alike = alike))
# degrees of freedom by the tail: eigenvalues of the quadratic form, its tail integrated, t matched
q <- scale * (own + alike * share^2)
a <- sqrt(q / left(q))
P <- Reduce(`+`, lapply(unique(arm), function(one) {
  k <- as.numeric(arm == one); h <- share * k
  C <- diag(q * k) - h %o% (q * k) - (q * k) %o% h + (h %o% h) * sum(q * k)
  (a %o% a) * C
}))
lambda <- pmax(eigen(P, symmetric = TRUE, only.values = TRUE)$values, 0) / sum(q)
tail <- function(cc) 2 / pi * integrate(function(t) sapply(t, function(u) prod(1 / sqrt(1 + cc^2 * lambda / sin(u)^2))),
                                        0, pi / 2, rel.tol = 1e-11, subdivisions = 2000)$value
critical <- uniroot(function(cc) tail(cc) - 0.05, c(1.9, 20), tol = 1e-11)$root
results$arms_tail <- list(
  critical = critical, satterthwaite = sum(lambda)^2 / sum(lambda^2),
  df = uniroot(function(df) qt(0.975, df) - critical, c(0.5, 1e4), tol = 1e-11)$root)

# --- the restricted wild cluster bootstrap, by hand: every draw fitted anew
webb <- c(-sqrt(1.5), -1, -sqrt(0.5), sqrt(0.5), 1, sqrt(1.5))
wild <- function(X, y, w, cluster, k, draws, null = 0) {
  g <- match(cluster, sort(unique(cluster)))
  M <- solve(crossprod(X, w * X))
  error <- function(res) sqrt(sum(rowsum(w * res * (X %*% M[, k]), g)^2))
  b <- M %*% crossprod(X, w * y)
  restricted <- b - M[, k] / M[k, k] * (b[k] - null)
  u <- y - X %*% restricted; base <- X %*% restricted
  observed <- (b[k] - null) / error(y - X %*% b)
  t <- apply(draws, 1, function(v) {
    ys <- base + v[g] * u
    bs <- M %*% crossprod(X, w * ys)
    (bs[k] - null) / error(ys - X %*% bs)
  })
  list(t = observed, p = mean(abs(t) >= abs(observed) * (1 - 1e-9)), n = nrow(draws))
}
set.seed(20260101)
five <- as.matrix(expand.grid(rep(list(webb), 5)))
random <- function(n, g) matrix(sample(webb, n * g, replace = TRUE), n)
X <- model.matrix(~ Time + first, few)
results$wild_enumerated <- lapply(c(0, 5, 40), function(null) c(null = null, wild(X, few$Feed, rep(1, nrow(few)), few$Litter, 2, five, null)))
w <- weights_of(nrow(few))
results$wild_enumerated_weighted <- wild(X, few$Feed, w, few$Litter, 3, five)
X <- model.matrix(~ catholic + ses, schools)
results$wild_random <- wild(X, schools$mAch, rep(1, nrow(schools)), schools$school, 2, random(20000, 12))
# a logistic regression linearized at its maximum, five regions
some <- women[seq(1, 1934, by = 5), ]
fit <- glm(formula, some, family = binomial, control = exactly)
v <- fitted(fit) * (1 - fitted(fit)); X <- model.matrix(fit)
results$wild_logistic <- wild(X, drop(X %*% coef(fit)) + (some$y - fitted(fit)) / v, v, some$region, 4, five)

# --- people after detoxification, missing values removed, made-up sites
help <- na.omit(read("HELPrct")[, c("cesd", "age", "pcs", "female", "link", "homeless", "e2b")])
help$linked <- as.numeric(help$link == "yes"); help$home <- as.numeric(help$homeless == "housed")
help$site <- pmin((seq_len(nrow(help)) * 7) %% 16, 8)
w <- weights_of(nrow(help))
results$help_linear <- tests(lm(cesd ~ age + pcs + female + linked, help, weights = w), help$site)
fit <- glm(home ~ age + pcs + female + linked, help, family = quasibinomial, weights = w, control = exactly)
m <- fitted(fit)
results$help_logistic <- tests(fit, help$site, target = m * (1 - m), inverse_var = FALSE)
results$help_rows <- nrow(help)

# --- multiplicity and E-values
p <- c(0.011, 0.02, 0.2, 0.0004, 0.03, 0.03, 0.9)
results$p_values <- list(p = p, holm = p.adjust(p, "holm"), bh = p.adjust(p, "BH"))
e <- function(rr) { rr <- ifelse(rr < 1, 1 / rr, rr); rr + sqrt(rr * (rr - 1)) }
cross <- function(p1, p0, v, z) {  # bounding factor at which the lower limit of p1 - B p0 is zero
  f <- function(B) p1 - B * p0 - z * sqrt(v[1, 1] - 2 * B * v[1, 2] + B^2 * v[2, 2])
  if (f(1) <= 0) 1 else uniroot(f, c(1, p1 / p0), tol = 1e-13)$root
}
v <- matrix(c(0.0016, 0.0003, 0.0003, 0.0009), 2)
results$e_values <- list(
  ratio = list(rr = c(3.9, 0.8), e = e(c(3.9, 0.8))),
  odds_common = e(sqrt(2.5)), odds_rare = e(2.5),
  mean_difference = c(e(exp(0.91 * 0.4)), e(exp(0.91 * (0.4 - qnorm(0.975) * 0.1)))),
  risk_difference = c(e(0.42 / 0.22), e(cross(0.42, 0.22, v, 2.2))),
  risk_difference_below = c(e(0.22 / 0.42), e(cross(0.42, 0.22, v[2:1, 2:1], 2.2))))
write_json(results, args[2], digits = NA, auto_unbox = TRUE, pretty = TRUE)
