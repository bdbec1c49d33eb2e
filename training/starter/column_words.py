"""Names that shops, tills and tools give to their columns, by what the column is for us, best first.

Written without spaces, case, accents and punctuation; English, German, French, Spanish, Italian, Portuguese
and Dutch, and the exports of common shop systems.
"""

from __future__ import annotations

from training.column_names import normalise

WORDS: dict[str, str] = {
    "customer_id": (
        "customerid customer custid custno customerno customernumber customerkey customercode clientid "
        "client clientno householdid household householdkey memberid member userid user accountid account "
        "buyerid buyer shopperid visitorid donorid donor patientid cardid loyaltyid loyaltycard contactid "
        "personid subscriberid shopid customeruserid kundennummer kundennr kundenid kunde kdnr idclient "
        "numeroclient numclient codeclient idcliente cliente codigocliente codcliente numerocliente "
        "codicecliente klantid klantnummer klant customeremail billingemail email emailaddress useremail "
        "customername billingname"
    ),
    "timestamp": (
        "timestamp transactiontimestamp orderdate orderedat orderpurchasetimestamp invoicedate "
        "transactiondate purchasedate saledate salesdate createdat datetime ts date orderdatetime "
        "datecreated invoicedatetime paidat orderedon ordertime purchasedat purchasedon soldat soldon "
        "bookedat bookedon booked bookingdate bookingtime donationdate donatedat giftdate paymentdate time "
        "eventtime eventtimestamp eventdate occurredat visitdate redemptiondate sentat contactdate day "
        "bestelldatum buchungsdatum spendendatum zahlungsdatum rechnungsdatum kaufdatum belegdatum datum "
        "zeitpunkt zeitstempel datecommande datefacture dateachat fecha fechapedido fechacompra "
        "fechafactura dataordine dataacquisto datafattura data datapedido datacompra besteldatum "
        "factuurdatum"
    ),
    "amount": (
        "amount lineamount linetotal linevalue salesvalue salesamount saleamount netamount netsales revenue "
        "sales spend spent lineitemtotal orderlinetotal orderlinesubtotal itemtotal extendedprice "
        "totalprice totalamount value turnover transactionamount purchaseamount paymentvalue donationamount "
        "donation giftamount grossamount total ordertotal ordertotalamount ordervalue grandtotal subtotal "
        "betrag umsatz gesamtpreis positionswert gesamtbetrag zeilensumme nettobetrag warenwert summe "
        "montant montantttc montantht chiffredaffaires importe monto importetotal ventas importo totaleriga "
        "totale valor valortotal bedrag omzet totaalbedrag"
    ),
    "unit_price": (
        "unitprice price priceperunit itemprice lineitemprice sellingprice saleprice productprice "
        "itemcost priceeach preis einzelpreis stueckpreis stuckpreis verkaufspreis prixunitaire prix "
        "preciounitario precio prezzounitario prezzo precounitario preco prijs stukprijs eenheidsprijs"
    ),
    "quantity": (
        "quantity qty lineitemquantity itemquantity units unitssold orderqty quantityordered pieces "
        "itemcount tickets ticketcount numberoftickets seats seatcount nights menge anzahl stueckzahl "
        "stuckzahl stueck quantite qte cantidad unidades quantita qta quantidade aantal"
    ),
    "order_id": (
        "orderid ordernumber orderno order invoice invoiceno invoiceid invoicenumber basketid basket "
        "transactionid transaction receiptid receipt receiptno ticketid ticket saleid salesid purchaseid "
        "cartid bookingid booking bookingreference bookingref bookingnumber reservationid reservation "
        "donationid giftid billno documentno name bestellnummer bestellnr bestellid bestellung "
        "auftragsnummer auftragsnr auftrag rechnungsnummer rechnungsnr belegnummer belegnr bonnummer bonnr "
        "idcommande numerocommande commande numcommande numerofacture facture pedido idpedido numeropedido "
        "numpedido factura numerofactura ordine idordine numeroordine fattura numerofattura bestelnummer "
        "ordernummer factuurnummer"
    ),
    "product_id": (
        "productid stockcode sku productcode itemid itemno itemnumber articleid articleno article "
        "productsku lineitemsku upc ean gtin asin materialno material product item lineitemname itemname "
        "productname artikelnummer artikelnr artikelid artikel produktid produkt referencearticle "
        "reference codearticle idproduit produit referencia codigoproducto producto codicearticolo "
        "articolo prodotto codigoproduto produto artikelcode"
    ),
    "category": (
        "category productcategory categoryname categoryid department productgroup producttype "
        "itemcategory productline class genre warengruppe kategorie produktgruppe abteilung categorie "
        "famille rayon categoria familia reparto categorieproduit categoriaprodotto"
    ),
    "discount": (
        "discount discountamount lineitemdiscount linediscount itemdiscount totaldiscount promodiscount "
        "discountvalue cartdiscount rebate markdown retaildisc coupondisc couponmatchdisc disc rabatt "
        "rabattbetrag nachlass remise reduction descuento sconto desconto korting"
    ),
    "cost": (
        "cost unitcost costofgoods cogs costprice linecost costamount purchasecost costofsales kosten "
        "einkaufspreis einstandspreis wareneinsatz cout coutdachat costo coste custo inkoopprijs"
    ),
    "channel": (
        "channel saleschannel source ordersource medium orderchannel devicetype device platform kanal "
        "vertriebskanal verkaufskanal canal canale kanaal"
    ),
    "seller_id": (
        "sellerid seller vendorid vendor merchantid merchant shop storeid store storecode branch branchid "
        "outlet location supplierid haendler haendlerid handler filiale filialnr verkaeufer vendeur "
        "magasin tienda vendedor negozio venditore loja winkel"
    ),
    "region": (
        "region country shippingcountry billingcountry state province shippingregion shippingprovince "
        "billingstate shippingstate customerregion customerstate customercountry salesregion territory "
        "market county district canton area city town municipality shippingcity billingcity customercity "
        "bundesland kanton landkreis land gebiet bezirk kreis stadt ort wohnort gemeinde plz pays "
        "departement ville commune pais comunidad provincia ciudad localidad poblacion municipio paese "
        "regione citta comune regiao estado distrito concelho cidade localidade regio provincie stad "
        "plaats woonplaats gemeente postleitzahl"
    ),
    "currency": "currency currencycode ordercurrency waehrung wahrung devise moneda valuta moeda",
    "kind": (
        "kind event eventtype eventname action actiontype activity activitytype interaction "
        "interactiontype type ereignis evenement evento"
    ),
    "campaign_id": (
        "campaignid campaign campaignname campaigncode mailing mailingid kampagne campagne campana campagna"
    ),
    "treated": "treated treatment contacted exposed testgroup istreated iscontrol",
    "offer": "offer offerid offertype promotion incentive couponupc coupon angebot offre oferta offerta",
    "value": "value eventvalue score rating points",
}
"""By role: the names, best first."""


def name_score(name: str, role: str) -> float:
    """Return how well a name fits a role: 1 for the best word, above 0.6 for any, below for a part of one.

    Examples
    --------
    >>> name_score("InvoiceDate", "timestamp") > name_score("Date of birth", "timestamp") > 0
    True
    """
    words, plain = WORDS[role].split(), normalise(name)
    if plain in words:
        return 1 - 0.35 * words.index(plain) / len(words)
    inside = [len(word) / len(plain) for word in words if len(word) >= 4 and word in plain]
    return 0.5 * max(inside, default=0.0)
