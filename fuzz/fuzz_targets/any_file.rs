#![no_main]

calsos_fuzz::drive!("any_file");
