#![no_main]

calsos_fuzz::drive!("list_rows");
