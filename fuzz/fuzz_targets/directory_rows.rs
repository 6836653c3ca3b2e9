#![no_main]

calsos_fuzz::drive!("directory_rows");
