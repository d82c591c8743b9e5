"""Limit orders of one unit at random prices into fastlob. Arguments: messages a round. A line on standard input starts a round; its rate is printed."""

import logging
import random
import sys
import time
from importlib.metadata import version

from fastlob import Orderbook, OrderParams, OrderSide

logging.disable(logging.CRITICAL)
messages = int(sys.argv[1])
book = Orderbook("bench", start=True)
chance = random.Random(1)
sides = (OrderSide.BID, OrderSide.ASK)


def send(count):
    for _ in range(count):
        book.process(
            OrderParams(side=sides[chance.getrandbits(1)], price=1 + chance.randrange(200), quantity=1)
        )


send(1000)
print(f"ready fastlob {version('fastlob')}", flush=True)
for _ in sys.stdin:
    began = time.process_time()
    send(messages)
    print(messages / (time.process_time() - began), flush=True)

book.stop()
