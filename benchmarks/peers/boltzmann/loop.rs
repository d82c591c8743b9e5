//! The plain loop in Rust: the same generator, shuffle and draws as benchmarks/plain-loop.ts. Arguments: agents, steps a round. A line on standard input starts a round; its rate is printed.
use std::io::BufRead;

extern "C" {
    /// CPU time of the process in millionths of a second (POSIX).
    fn clock() -> i64;
}

/// xoshiro128** 1.1 (Blackman, Vigna 2021).
struct Random([u32; 4]);

impl Random {
    fn below(&mut self, bound: u32) -> usize {
        let state = &mut self.0;
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 9;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(11);
        ((result as u64 * bound as u64) >> 32) as usize
    }
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|one| one.parse().unwrap()).collect();
    let (agents, steps) = (arguments[0], arguments[1]);
    let mut wealth = vec![10f64; agents];
    let mut order: Vec<u32> = (0..agents as u32).collect();
    let (mut chance, mut receivers) = (Random([1, 2, 3, 5]), Random([7, 11, 13, 17]));
    println!("ready Rust loop");
    for _ in std::io::stdin().lock().lines() {
        let before = unsafe { clock() };
        for _ in 0..steps {
            for index in (1..agents).rev() {
                order.swap(index, chance.below(index as u32 + 1));
            }
            for &from in &order {
                let to = receivers.below(agents as u32);
                if wealth[from as usize] >= 1.0 {
                    wealth[from as usize] -= 1.0;
                    wealth[to] += 1.0;
                }
            }
        }
        let used = unsafe { clock() } - before;
        assert_eq!(wealth.iter().sum::<f64>(), 10.0 * agents as f64);
        println!("{}", (agents * steps) as f64 * 1e6 / used as f64);
    }
}
