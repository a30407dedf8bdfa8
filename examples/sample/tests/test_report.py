from decimal import Decimal

from shop.models import OrderLine
from shop.report import pieces_by_product, revenue_by_customer, revenue_by_month, weight_by_product
from tests.examples import COFFEE, TEA, order_of

ORDERS = [order_of(OrderLine(TEA, 2)), order_of(OrderLine(TEA, 1), OrderLine(COFFEE, 1))]


def test_revenue_by_customer():
    assert revenue_by_customer(ORDERS) == {"Ada": Decimal("21.50")}


def test_revenue_by_month():
    assert revenue_by_month(ORDERS) == {"2026-03": Decimal("21.50")}


def test_pieces_by_product():
    assert pieces_by_product(ORDERS) == {"tea": 3, "coffee": 1}


def test_weight_by_product():
    assert weight_by_product(ORDERS) == {"tea": 300, "coffee": 250}
