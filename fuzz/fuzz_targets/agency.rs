#![no_main]

calsos_fuzz::drive!("agency");
