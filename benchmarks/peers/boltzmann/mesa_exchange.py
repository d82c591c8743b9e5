"""Boltzmann wealth exchange in Mesa, random activation. Arguments: agents, steps a round. A line on standard input starts a round; its rate is printed."""

import sys
import time

import mesa


class Member(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.wealth = 10

    def step(self):
        if self.wealth > 0:
            other = self.random.choice(self.model.members)
            self.wealth -= 1
            other.wealth += 1


class Exchange(mesa.Model):
    def __init__(self, count):
        super().__init__(seed=1)
        # A list of one's own: choosing from the AgentSet copies it at every call.
        self.members = [Member(self) for _ in range(count)]

    def step(self):
        self.agents.shuffle_do("step")


count, steps = int(sys.argv[1]), int(sys.argv[2])
model = Exchange(count)
model.step()
print(f"ready Mesa {mesa.__version__}", flush=True)
for _ in sys.stdin:
    began = time.process_time()
    for _ in range(steps):
        model.step()
    used = time.process_time() - began
    assert sum(member.wealth for member in model.members) == 10 * count
    print(count * steps / used, flush=True)
