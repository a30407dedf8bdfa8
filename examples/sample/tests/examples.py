"""Products, stock and orders for the tests."""

from datetime import date
from decimal import Decimal

from shop.inventory import Inventory
from shop.models import Order, OrderLine, Product

TEA = Product("tea", Decimal("4.50"), weight_g=100)
COFFEE = Product("coffee", Decimal("8.00"), weight_g=250)
HONEY = Product("honey", Decimal("6.25"), weight_g=500)


def stocked_inventory() -> Inventory:
    inventory = Inventory()
    inventory.add(TEA, 20)
    inventory.add(COFFEE, 12)
    inventory.add(HONEY, 8)
    return inventory


def order_of(*lines: OrderLine) -> Order:
    return Order("Ada", date(2026, 3, 14), list(lines))
