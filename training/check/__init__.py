"""The data check: reads every table once, says what is wrong with it, and what the base looks like."""
