#![no_main]

calsos_fuzz::drive!("old_workbook");
