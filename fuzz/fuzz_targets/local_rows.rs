#![no_main]

calsos_fuzz::drive!("local_rows");
