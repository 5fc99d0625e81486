"""The fuzzer: seeded hostile inputs, an oracle for the values, and a minimiser.

`benchmarks/fuzz.py` runs it and so does `tests/fuzzing`. A case is made from its number alone:

- `cases` numbers the cases; `sounds`, `damage` and `files` make sound files, `media` those that an
  engine reads, `arrays` makes waveforms in memory, `models` makes model files;
- `oracle` computes what is right, without sersk; `checks` holds sersk's answer against it;
- `children` runs cases in processes with bounded memory and time;
- `minimising` shrinks a case that fails; `corpus` keeps it.
"""
