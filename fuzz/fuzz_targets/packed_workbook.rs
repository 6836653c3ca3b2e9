#![no_main]

calsos_fuzz::drive!("packed_workbook");
