"""Boltzmann wealth exchange in ambr, vectorised: all with a unit give at once. Arguments: agents, steps a round. A line on standard input starts a round; its rate is printed."""

import contextlib
import io
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"

import ambr as am

count, steps = int(sys.argv[1]), int(sys.argv[2])


class Exchange(am.Model):
    def setup(self):
        self.add_agents(count, wealth=10)
        self.made = 0

    def step_vectorized(self):
        # The first step warms up and is not counted.
        self.made += 1
        if self.made == 2:
            self.began = time.process_time()
        donors = self.agents.where(self.agents.wealth > 0)
        donors.wealth -= 1
        self.agents.at[self.rng.choice(self.agents.ids.to_numpy(), size=len(donors))].scatter_add(wealth=1)
        if self.made == steps + 1:
            self.used = time.process_time() - self.began
            assert int(self.agents.wealth.sum()) == 10 * count


def round_of_steps():
    model = Exchange({"steps": steps + 1, "seed": 1, "show_progress": False})
    with contextlib.redirect_stdout(io.StringIO()):
        model.cpu(mode="vectorized").run()
    return model.used


round_of_steps()
print(f"ready ambr {am.__version__}", flush=True)
for _ in sys.stdin:
    print(count * steps / round_of_steps(), flush=True)
