"""The processes that run user code, and the talk with them.

requests, events       what is asked and what is told: the contract
start, client          the command of a worker; a client without an event loop (the window's is widgets/workers.py)
conversation           one client's side, without input and output: the newest request wins
protocol, wire, codecs frames; messages as frames; declared types as plain data
supervisor, child      the outer process: cancel, kill, memory, signs of life; `pipes`, `output` and `memory` help it
host, answers, inner   the inner process: one adapter, one request at a time
"""
