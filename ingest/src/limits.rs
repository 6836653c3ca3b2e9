//! How much of a file is read. Whatever a file holds, reading it takes bounded memory and
//! time; each limit lies well above the largest file of the state.

/// How many bytes a file may have. The largest statewide file, with its 100 columns, has
/// about 100 million.
pub const FILE_BYTES_MOST: u64 = 256 * 1024 * 1024;

/// How many bytes a line or record of a text may have. The longest records are those of
/// local indicators with nine narratives; a cell of a workbook holds 32,767 characters.
pub const RECORD_BYTES_MOST: usize = 1024 * 1024;

/// How many lines a text and how many rows a sheet may have: as many as Excel has. The longest
/// statewide file has about 200,000.
pub const ROWS_MOST: u32 = 1_048_576;

/// The rightmost column that a table may use. The widest file of the state has about 100;
/// without a limit, few bytes could ask for any amount of memory.
pub const COLUMNS_MOST: u32 = 1_000;

/// How many bytes an `.xlsx` may unpack to, by what it says itself and in truth. A statewide
/// file of 150,000 rows and 35 columns unpacks to about 200 MB.
pub const XLSX_BYTES_MOST: u64 = 300_000_000;

/// How many parts an `.xlsx` may have.
pub const XLSX_PARTS_MOST: usize = 2_000;

/// How many different texts the cells of an `.xlsx` may share.
pub const XLSX_TEXTS_MOST: usize = 2_000_000;

/// How many sheets, defined names, relations and formats an `.xlsx` may have together. Excel
/// itself has at most 65,490 formats.
pub const XLSX_PARTICULARS_MOST: usize = 200_000;

/// How many sheets a workbook may have.
pub const SHEETS_MOST: usize = 100;

/// How many cells the sheets of an `.xls` may span together, filled or not. The state's only
/// list in this format spans 21,000; this many take about 100 MB.
pub const XLS_CELLS_MOST: u64 = 4_000_000;
