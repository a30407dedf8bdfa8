"""What the shop talks about."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """Something the shop sells; the price is for one piece."""

    name: str
    price: Decimal
    weight_g: int


@dataclass(frozen=True)
class OrderLine:
    """A number of pieces of one product."""

    product: Product
    quantity: int

    @property
    def total(self) -> Decimal:
        return self.product.price * self.quantity

    @property
    def weight_g(self) -> int:
        return self.product.weight_g * self.quantity


@dataclass
class Order:
    """What a customer ordered on one day."""

    customer: str
    placed_on: date
    lines: list[OrderLine] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))

    @property
    def weight_g(self) -> int:
        return sum(line.weight_g for line in self.lines)
