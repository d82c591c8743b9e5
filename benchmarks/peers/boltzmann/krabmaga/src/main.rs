//! Boltzmann wealth exchange in krABMaga, in the order of its schedule. Arguments: agents, steps a round. A line on standard input starts a round; its rate is printed.
use krabmaga::engine::{agent::Agent, schedule::Schedule, state::State};
use std::any::Any;
use std::io::BufRead;

extern "C" {
    /// CPU time of the process in millionths of a second (POSIX).
    fn clock() -> i64;
}

struct Exchange {
    wealth: Vec<i64>,
    word: u32,
}

impl Exchange {
    /// Marsaglia's xorshift, and multiplication for a range.
    fn below(&mut self, bound: u32) -> usize {
        self.word ^= self.word << 13;
        self.word ^= self.word >> 17;
        self.word ^= self.word << 5;
        ((self.word as u64 * bound as u64) >> 32) as usize
    }
}

impl State for Exchange {
    fn init(&mut self, _schedule: &mut Schedule) {}
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
    fn as_state(&self) -> &dyn State {
        self
    }
    fn as_state_mut(&mut self) -> &mut dyn State {
        self
    }
    fn reset(&mut self) {}
    fn update(&mut self, _step: u64) {}
}

#[derive(Clone)]
struct Member {
    index: usize,
}

impl Agent for Member {
    fn step(&mut self, state: &mut dyn State) {
        let exchange = state.as_any_mut().downcast_mut::<Exchange>().unwrap();
        let other = exchange.below(exchange.wealth.len() as u32);
        if exchange.wealth[self.index] > 0 {
            exchange.wealth[self.index] -= 1;
            exchange.wealth[other] += 1;
        }
    }
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|one| one.parse().unwrap()).collect();
    let (agents, steps) = (arguments[0], arguments[1]);
    let mut state = Exchange { wealth: vec![10; agents], word: 2463534242 };
    let mut schedule = Schedule::new();
    for index in 0..agents {
        schedule.schedule_repeating(Box::new(Member { index }), 0.0, 0);
    }
    schedule.step(&mut state);
    println!("ready krABMaga 0.6.2");
    for _ in std::io::stdin().lock().lines() {
        let before = unsafe { clock() };
        for _ in 0..steps {
            schedule.step(&mut state);
        }
        let used = unsafe { clock() } - before;
        assert_eq!(state.wealth.iter().sum::<i64>(), 10 * agents as i64);
        println!("{}", (agents * steps) as f64 * 1e6 / used as f64);
    }
}
