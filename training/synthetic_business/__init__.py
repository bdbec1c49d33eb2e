"""The parts of a synthetic business: who its customers are, what they buy and do, and what is true of them.

`training.synthetic` puts them together and states the process. Latent parameters and randomness live here and
nowhere else; nothing here knows of files, features or models.
"""
