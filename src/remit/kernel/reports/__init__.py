"""Reports: one model of sections and blocks, drawn alike as a page, as PDF and as XLSX."""
