# Degrees of freedom of pooled answers about schools, which stay when some of their pupils do not answer.
#   Rscript tests/reference/pooling/generate.R tests/reference/missing/results.json tests/reference/pooling/results.json
# The ten copies' fits are those that R's mice imputed for pupils in schools (tests/reference/missing): mean of the
# schools' means, and the difference of two kinds of schools. mice gives Rubin's degrees of freedom of the copies
# (rule "rubin1987") and Barnard and Rubin's of rows; with schools counted whole they are the harmonic sum of
# Rubin's and of the complete data's.
suppressPackageStartupMessages({library(mice); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)
schools <- fromJSON(args[1])$schools
term <- function(k) {
  q <- schools$few$beta[k, ]; u <- schools$few$variance[k, ]; nu <- schools$complete_df[k]
  rubin <- pool.scalar(q, u, rule = "rubin1987")
  rows <- pool.scalar(q, u, n = nu + 1, k = 1)
  df <- 1 / (1 / rubin$df + 1 / nu)
  half <- qt(.975, df) * sqrt(rubin$t)
  list(estimate = rubin$qbar, std_error = sqrt(rubin$t), complete_df = nu, imputations_df = rubin$df,
       df_rows = rows$df, df_clusters = df, low = rubin$qbar - half, high = rubin$qbar + half,
       p_value = 2 * pt(-abs(rubin$qbar) / sqrt(rubin$t), df), beta = q, variance = u)
}
write_json(list(versions = list(R = R.version.string, mice = as.character(packageVersion("mice"))),
                terms = lapply(1:2, term)), args[2], digits = NA, auto_unbox = TRUE)
