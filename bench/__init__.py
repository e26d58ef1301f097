"""What is promised to be fast, measured: `python -m bench` runs the short form, `python -m bench.<name>` one part.

The parts are `pages` (lists, details, API and answers over a large database), `imports` (files of 10,000 items),
`ledger` (an export of 1,000,000 entries verified), `start` (command line, start-up, idle memory) and `risk` (years of
losses simulated). Nothing here is imported by Remit itself.
"""
