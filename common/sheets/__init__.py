"""Tables as files: cells that no spreadsheet computes, CSV and Excel in bounded memory."""
