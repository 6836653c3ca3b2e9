#![no_main]

calsos_fuzz::drive!("operator_rows");
