"""Where, when and through what value comes: seasons, regions, channels, campaigns, referrals, carts."""

from __future__ import annotations

import datetime as dt

from models.overview.base import Frozen


class SeasonCell(Frozen):
    """One weekday of one month of the year.

    Attributes
    ----------
    month : int
        1 to 12.
    weekday : int
        1, Monday, to 7.
    days : int
        Such days in the data.
    orders : int
    value : float
        Money, on all of these days.
    """

    month: int
    weekday: int
    days: int
    orders: int
    value: float


class Part(Frozen):
    """What a region or channel brought in the time that the overview names.

    Attributes
    ----------
    name : str, optional
        Null where lines name none.
    parts : int
        How many regions or channels it stands for: 1, or more where small ones are put together.
    customers : int
    orders : int
    value : float
        Money.
    """

    name: str | None
    parts: int
    customers: int
    orders: int
    value: float


class Difference(Frozen):
    """What contacting brought by measurement: contacted against held-out customers.

    Attributes
    ----------
    per_customer : float
        Mean value of a contacted customer less that of a held-out one, in money.
    low, high : float
        95 % confidence interval of it (Welch).
    """

    per_customer: float
    low: float
    high: float


class Campaign(Frozen):
    """One campaign.

    Attributes
    ----------
    campaign_id : str
    offer : str, optional
    channels : tuple of str
    first_day, last_day : date
        Of its contacts.
    complete : bool
        Whether the time after the last contact has passed.
    contacts : int
        Contacts made; those held out on purpose don't count.
    customers, held_out : int
        Customers contacted, and held out.
    cost : float, optional
        Money; null where the table has no cost.
    sent, opened, clicked : int, optional
        Customers to whom an e-mail went, who opened, who clicked; null where no event tells.
    orders : int
        Of contacted customers within the time after their first contact.
    buyers : int
        Contacted customers who ordered in that time.
    value : float
        What they brought in that time, in money.
    held_out_value : float
        The same of held-out customers.
    difference : Difference, optional
        Null without enough held-out customers: what came can't be attributed to the campaign then.
    """

    campaign_id: str
    offer: str | None
    channels: tuple[str, ...]
    first_day: dt.date
    last_day: dt.date
    complete: bool
    contacts: int
    customers: int
    held_out: int
    cost: float | None
    sent: int | None
    opened: int | None
    clicked: int | None
    orders: int
    buyers: int
    value: float
    held_out_value: float
    difference: Difference | None

    @property
    def attributable(self) -> bool:
        """Whether a held-out group tells what the campaign itself brought."""
        return self.difference is not None

    @property
    def measured_value(self) -> float | None:
        """What contacting all of them brought by measurement, in money."""
        return None if self.difference is None else self.difference.per_customer * self.customers

    @property
    def measured_return(self) -> float | None:
        """Money gained for each unit of money spent, by measurement; null without a cost or a comparison."""
        if self.measured_value is None or not self.cost:
            return None
        return (self.measured_value - self.cost) / self.cost


class Messages(Frozen):
    """E-mails of the time that the overview names: how many events of each kind."""

    sent: int
    opened: int
    clicked: int


class Referrals(Frozen):
    """Who recommends, within the horizon before the moment and the one before that.

    Attributes
    ----------
    now, before : int
        Events of the kinds `referral` and `share`.
    customers : int
        Who did so now.
    """

    now: int
    before: int
    customers: int


class Carts(Frozen):
    """Carts of the time that the overview names, a customer's of one day being one.

    Attributes
    ----------
    within_days : int
        Time in which an order counts as that of the cart.
    carts : int
        Whose time has passed.
    abandoned : int
        Without an order within it.
    open_customers : int
        Customers whose cart of the last `within_days` has seen no order yet.
    """

    within_days: int
    carts: int
    abandoned: int
    open_customers: int
