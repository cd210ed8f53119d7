"""What all tests share: no test is timed, speed is for `benchmarks/`."""


from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
