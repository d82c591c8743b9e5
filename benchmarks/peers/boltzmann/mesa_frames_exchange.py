"""Boltzmann wealth exchange in mesa-frames (Polars), all at once. Arguments: agents, steps a round. A line on standard input starts a round; its rate is printed."""

import os
import sys
import time
from importlib.metadata import version

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
from mesa_frames import AgentSetPolars, ModelDF


class Members(AgentSetPolars):
    def __init__(self, count, model):
        super().__init__(model)
        self += pl.DataFrame({"unique_id": pl.arange(count, eager=True), "wealth": pl.Series([10] * count)})

    def step(self):
        self.select(self.wealth > 0)
        others = self.agents.sample(n=len(self.active_agents), with_replacement=True)
        self["active", "wealth"] -= 1
        received = others.group_by("unique_id").len()
        self[received, "wealth"] += received["len"]


count, steps = int(sys.argv[1]), int(sys.argv[2])
model = ModelDF(seed=1)
members = Members(count, model)
model.agents += members
model.agents.do("step")
print(f"ready mesa-frames {version('mesa-frames')}", flush=True)
for _ in sys.stdin:
    began = time.process_time()
    for _ in range(steps):
        model.agents.do("step")
    used = time.process_time() - began
    print(count * steps / used, flush=True)
