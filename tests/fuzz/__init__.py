"""The standing attack on blockviz: seeded, bounded generators, and the programs that judge what comes out.

networks   random architectures, with what their calls read, known from their making (`writer` writes them)
expander   a second way from a block graph back to its calls, sharing no code with the first
mutants    broken and hostile model files: bytes and JSON (`edits`), archives and HDF5 (`containers`),
           documents of other programs (`old_forms`)
names      texts that attack, in every place that holds a text
consumers  each output read by the program that it is for
faults     kills, full disks, closed streams, lost workers
trial      one attempt in a process of its own, with limits of time and memory
shrink     the smallest case that still fails
campaign   the attacks in turn until the time is up; `benchmarks/fuzz` runs it

An attack is a function of a seed: the same number gives the same case, today and in a year.
"""
