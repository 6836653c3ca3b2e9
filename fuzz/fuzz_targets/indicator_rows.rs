#![no_main]

calsos_fuzz::drive!("indicator_rows");
