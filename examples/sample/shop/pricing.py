"""Discounts and shipping."""

from decimal import Decimal

from shop.models import Order

BULK_QUANTITY = 10
BULK_RATE = Decimal("0.10")
LOYALTY_RATE = Decimal("0.05")
FREE_SHIPPING_FROM = Decimal(50)
SHIPPING_PER_KG = Decimal("1.20")


def bulk_discount(order: Order) -> Decimal:
    """Returns what is taken off for ordering many pieces of one product."""
    return sum(
        (line.total * BULK_RATE for line in order.lines if line.quantity >= BULK_QUANTITY),
        Decimal(0),
    )


def loyalty_discount(order: Order, earlier_orders: int) -> Decimal:
    """Returns what is taken off for customers who come back."""
    if earlier_orders == 0:
        return Decimal(0)
    return order.total * LOYALTY_RATE


def shipping(order: Order) -> Decimal:
    """Returns the price of shipping; large orders ship for free."""
    if order.total >= FREE_SHIPPING_FROM:
        return Decimal(0)
    return SHIPPING_PER_KG * order.weight_g / 1000


def final_price(order: Order, earlier_orders: int) -> Decimal:
    """Returns what the customer pays."""
    discount = bulk_discount(order) + loyalty_discount(order, earlier_orders)
    return order.total - discount + shipping(order)
