#![no_main]

calsos_fuzz::drive!("charter_list_rows");
