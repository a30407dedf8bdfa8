"""A small shop: stock, orders, prices and reports."""
