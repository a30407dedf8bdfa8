"""What was sold."""

from collections import Counter
from decimal import Decimal

from shop.models import Order


def revenue_by_customer(orders: list[Order]) -> dict[str, Decimal]:
    """Returns what each customer spent."""
    totals: dict[str, Decimal] = {}
    for order in orders:
        totals[order.customer] = totals.get(order.customer, Decimal(0)) + order.total
    return totals


def revenue_by_month(orders: list[Order]) -> dict[str, Decimal]:
    """Returns the revenue of each month, by year and month."""
    totals: dict[str, Decimal] = {}
    for order in orders:
        month = order.placed_on.strftime("%Y-%m")
        totals[month] = totals.get(month, Decimal(0)) + order.total
    return totals


def pieces_by_product(orders: list[Order]) -> Counter[str]:
    """Returns how many pieces of each product were sold."""
    pieces: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            pieces[line.product.name] += line.quantity
    return pieces


def weight_by_product(orders: list[Order]) -> Counter[str]:
    """Returns the weight of each product that was shipped, in grams."""
    weights: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            weights[line.product.name] += line.weight_g
    return weights
