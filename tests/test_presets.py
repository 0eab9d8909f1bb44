"""Presets: an export of each platform gives its orders without a word from the user, or is refused with advice."""

from pathlib import Path

import pytest
from exported import fates, orders_of, read_export, read_text, refused, written
from program import clv

from clvcli.errors import ConfigError, InputError, UsageError
from clvcli.exports.dialect import Given
from clvcli.exports.files import files
from clvcli.exports.preset_schema import Preset
from clvcli.exports.presets import BUILT_IN, matching, named, presets
from clvcli.exports.records import records

EXPORTS = {}
"""For each preset an export with the header that its platform writes, or the columns of it that matter; the rows are made up."""

EXPORTS["shopify_orders"] = """\
Name,Email,Financial Status,Paid at,Created at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Lineitem quantity,Lineitem name,Cancelled at,Refunded Amount,Source,Payment Method,Phone,Shipping Country
#1001,Ann@Shop.example,paid,2026-05-01 10:00:00 +0200,2026-05-01 09:58:12 +0200,EUR,30.00,5.00,4.00,35.00,2.00,1,Mug,,0.00,web,card,,DE
#1001,Ann@Shop.example,,,,,,,,,,2,Cup,,,,,,
#1002,bo@shop.example,partially_refunded,2026-11-01 10:00:00 +0100,2026-11-01 00:10:00 +0100,EUR,20.00,0.00,2.00,20.00,0.00,1,Mug,,5.00,pos,card,,DE
#1003,cy@shop.example,pending,,2026-11-02 09:00:00 +0100,EUR,10.00,0.00,1.00,10.00,0.00,1,Mug,,0.00,web,card,,DE
#1004,cy@shop.example,paid,,2026-11-03 09:00:00 +0100,EUR,11.00,0.00,1.00,11.00,0.00,1,Mug,2026-11-04 09:00:00 +0100,11.00,web,card,,DE
#1005,dee@shop.example,paid,,2026-11-04 09:00:00 +0100,EUR,12.00,0.00,1.00,12.00,0.00,1,Mug,,0.00,web,bogus,,DE
#1006,,paid,,2026-11-05 09:00:00 +0100,EUR,13.00,0.00,1.00,13.00,0.00,1,Mug,,0.00,pos,cash,'+371 200,LV
"""

EXPORTS["woo_webtoffee"] = """\
order_id,order_number,order_date,paid_date,status,shipping_total,tax_total,discount_total,order_total,order_currency,customer_id,customer_email,billing_email,billing_country,refund_items
1,1,2026-01-01 23:59:00,,wc-completed,5.00,2.00,0,25.00,EUR,7,eva@shop.example,eva@shop.example,LV,
2,2,2026-01-02 10:00:00,,refunded,0,0,0,30.00,EUR,7,eva@shop.example,eva@shop.example,LV,id:5|amount:20.00; id:6|amount:10.00
3,3,2026-01-03 10:00:00,,processing,0,0,0,10.00,EUR,0,Guest@Shop.example,Guest@Shop.example,LV,
4,4,2026-01-04 10:00:00,,failed,0,0,0,40.00,EUR,0,,other@shop.example,LV,
"""

EXPORTS["woo_advanced_order_export"] = """\
Order Number,Order Status,Order Date,First Name (Billing),Email (Billing),Country Code (Billing),Cart Discount Amount,Order Subtotal Amount,Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount,Item Name,Quantity
10,completed,2026-01-01 10:00,Ann,ann@shop.example,IT,0,40,5,0,45.00,4,Mug,1
10,completed,2026-01-01 10:00,Ann,ann@shop.example,IT,0,40,5,0,45.00,4,Cup,2
11,on-hold,2026-01-02 10:00,Bo,bo@shop.example,IT,0,10,0,0,10.00,1,Cup,1
12,processing,2026-01-03 10:00,Bo,bo@shop.example,IT,0,10,0,4.00,10.00,1,Cup,1
"""

EXPORTS["woo_analytics_orders"] = """\
Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution
2026-01-01 10:00:00,10,€45.00,completed,Ann Lee,new,Mug,1,,45,Direct
"""

EXPORTS["stripe_payments"] = """\
id,Description,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted Amount Refunded,Fee,Converted Currency,Mode,Status,Customer ID,Customer Email,Captured
ch_1,a,2026-01-01 23:30,20.00,0.00,eur,20.00,0.00,0.50,eur,Live,Paid,cus_1,ann@shop.example,true
ch_2,b,2026-01-02 10:00,30.00,30.00,usd,27.00,27.00,0.50,eur,Live,Refunded,cus_2,bo@shop.example,true
ch_3,c,2026-01-03 10:00,40.00,0.00,eur,40.00,0.00,0.50,eur,Live,Failed,cus_2,bo@shop.example,false
ch_4,d,2026-01-04 10:00,50.00,0.00,eur,50.00,0.00,0.50,eur,Test,Paid,cus_2,bo@shop.example,true
ch_5,e,2026-01-05 10:00,60.00,10.00,eur,60.00,10.00,0.50,eur,Live,Partial Refund,,Guest@Shop.example,true
"""

EXPORTS["stripe_balance_history"] = """\
id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description
txn_1,charge,ch_1,20.00,0.50,19.50,eur,2026-01-01 10:00,2026-01-03,a
"""

EXPORTS["stripe_itemized"] = """\
balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,description,customer_id,charge_id
txn_1,2026-01-01 10:00:00,2026-01-03 00:00:00,eur,20.00,0.50,19.50,charge,a,cus_1,ch_1
txn_2,2026-01-05 10:00:00,2026-01-07 00:00:00,eur,-5.00,0.00,-5.00,refund,a,,ch_1
txn_3,2026-01-06 10:00:00,2026-01-07 00:00:00,eur,-14.50,0.00,-14.50,payout,p,,
"""

EXPORTS["square_transactions"] = """\
Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds,Total Collected,Source,Transaction ID,Payment ID,Event Type,Customer ID,Customer Reference ID
11/15/2026,21:18:15,Pacific Time (US & Canada),"$1,149.00 ",-$12.00,"$1,137.00 ",$0.00,$90.00,$5.00,$0.00,"$1,232.00 ",Point of Sale,T1,P1,Payment,C1,
11/16/2026,10:00:00,Pacific Time (US & Canada),($33.62),$0.00,($33.62),$0.00,$0.00,$0.00,$0.00,($33.62),Point of Sale,T1,P2,Refund,,
11/16/2026,11:00:00,Pacific Time (US & Canada),$8.00,$0.00,$8.00,$0.00,$0.00,$0.00,$0.00,$8.00,Point of Sale,T2,P3,Payment,,
"""

EXPORTS["square_items"] = """\
Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Payment ID,Event Type,Customer ID
11/15/26,21:18:15,Pacific Time (US & Canada),Tea,Green,2,,A,$9.00,$0.00,$9.00,$0.90,T1,P1,Payment,C1
11/15/26,21:18:15,Pacific Time (US & Canada),Tea,Black,1,,B,$5.00,-$1.00,$4.00,$0.40,T1,P1,Payment,C1
11/16/26,10:00:00,Pacific Time (US & Canada),Tea,Black,-1,,B,-$4.00,$0.00,-$4.00,-$0.40,T1,P2,Refund,C1
"""

EXPORTS["paypal_activity"] = """\
"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address","To Email Address","Transaction ID","Reference Txn ID","Balance Impact","Country"
"12/31/2025","23:30:00","PST","Ann","Express Checkout Payment","Completed","USD","1,200.00","-3.00","1,197.00","ann@shop.example","me@shop.example","T1","","Credit","US"
"01/02/2026","10:00:00","PST","Ann","Payment Refund","Completed","USD","-200.00","0.00","-200.00","me@shop.example","ann@shop.example","T2","T1","Debit","US"
"01/03/2026","10:00:00","PST","","General Withdrawal","Completed","USD","-500.00","0.00","-500.00","me@shop.example","","T3","","Debit",""
"01/04/2026","10:00:00","PST","Bo","Express Checkout Payment","Pending","USD","7.00","0.00","7.00","bo@shop.example","me@shop.example","T4","","Memo","US"
"""

EXPORTS["bigcommerce_orders"] = """\
Order ID,Customer ID,Customer Name,Customer Email,Order Date,Order Status,Subtotal (inc tax),Tax Total,Shipping Cost (inc tax),Order Total (inc tax),Order Total (ex tax),Order Currency Code,Billing Country,Refund Amount,Channel Name
100,5,Ann,ann@shop.example,28/02/2026,Completed,100,21,0,121.00,100,EUR,Latvia,0.00,Web
101,0,Guest,Guest@Shop.example,01/03/2026,Partially Refunded,50,0,0,50.00,50,EUR,Latvia,20.00,Web
102,0,Guest,other@shop.example,02/03/2026,Incomplete,50,0,0,50.00,50,EUR,Latvia,0.00,Web
"""

EXPORTS["magento_order_grid"] = """\
ID,"Purchase Point","Purchase Date","Bill-to Name","Ship-to Name","Grand Total (Base)","Grand Total (Purchased)",Status,"Customer Email","Customer Group",Subtotal,"Shipping and Handling","Customer Name","Total Refunded"
000000001,"Main
Shop","2026-01-01 23:30:00",Ann,Ann,121.0000,121.0000,complete,ann@shop.example,General,100,0,Ann,0.0000
000000002,Main,"2026-01-02 10:00:00",Bo,Bo,60.5000,60.5000,closed,bo@shop.example,"NOT LOGGED IN",50,0,Bo,60.5000
000000003,Main,"2026-01-03 10:00:00",Bo,Bo,20.0000,20.0000,canceled,bo@shop.example,General,20,0,Bo,0.0000
"""

EXPORTS["prestashop_orders"] = """\
ID;Reference;New client;Delivery;Customer;Total;Payment;Status;Date
1;ABCDEFGHI;1;Italy;A. Lee;€45,00;Card;Delivered;2026-01-01 10:00:00
"""

EXPORTS["amazon_all_orders"] = """\
amazon-order-id\tpurchase-date\torder-status\tsales-channel\tproduct-name\tsku\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\titem-promotion-discount\tship-country\tbuyer-email
1-1\t2026-01-01T23:30:00+00:00\tShipped\tAmazon.de\t12" Mug\tA\tShipped\t2\tEUR\t20.00\t3.80\t4.00\t-2.00\tDE\tann@marketplace.example
1-1\t2026-01-01T23:30:00+00:00\tShipped\tAmazon.de\tCup\tB\tCancelled\t1\tEUR\t5.00\t0\t0\t0\tDE\tann@marketplace.example
1-2\t2026-01-02T10:00:00+00:00\tShipped\tNon-Amazon\tCup\tB\tShipped\t1\tEUR\t5.00\t0\t0\t0\tDE\tbo@marketplace.example
1-3\t2026-01-03T10:00:00+00:00\tPending\tAmazon.de\tCup\tB\tUnshipped\t1\tEUR\t5.00\t\t\t1.00\tDE\tbo@marketplace.example
"""

EXPORTS["amazon_unshipped"] = """\
order-id\torder-item-id\tpurchase-date\tbuyer-email\tbuyer-name\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\tship-country\tis-business-order
1-1\t1\t2026-01-01T23:30:00+00:00\tann@marketplace.example\tAnn\tA\tMug\t3\tEUR\t80.97\t8.00\t4.00\t0.95\tDE\tfalse
1-2\t2\t2026-01-02T10:00:00+00:00\tbo@marketplace.example\tBo\tB\tCup\t1\tEUR\t26.99\t2.32\t0.00\t0.00\tDE
"""

EXPORTS["amazon_date_range"] = """\
"Includes Amazon Marketplace, Fulfillment by Amazon (FBA), and Amazon Webstore transactions"
"All amounts in EUR, unless specified"
"Definitions:"
"date/time","settlement id","type","order id","sku","description","quantity","product sales","total"
"Sep 4, 2026 1:05:07 AM PDT","1","Order","1-1","A","Mug","1","20.00","17.00"
"""

EXPORTS["etsy_sold_orders"] = """\
Sale Date,Order ID,Buyer User ID,Full Name,Number of Items,Ship Country,Currency,Order Value,Coupon Code,Discount Amount,Shipping,Sales Tax,Order Total,Status,Order Net,Adjusted Order Total,Buyer
09/24/26,1,ann1,Ann Lee,1,United States,USD,50.00,,0.00,5.00,4.00,59.00,Completed,55.00,0.00,ann
09/25/26,2,bo1,Bo Ray,1,Canada,USD,60.00,SALE,6.00,0.00,0.00,54.00,Completed,50.00,44.00,bo
09/26/26,3,bo1,Bo Ray,1,Canada,USD,10.00,,0.00,0.00,0.00,10.00,Canceled,10.00,0.00,bo
"""

EXPORTS["etsy_sold_items"] = """\
Sale Date,Item Name,Buyer,Quantity,Price,Coupon Code,Discount Amount,Delivery Discount,Delivery,Sales Tax,Item Total,Currency,Transaction ID,Delivery Discount,Order ID,Delivery Country
09/24/26,Mug,ann,2,10.00,,0.00,0.00,5.99,0,20.00,GBP,t1,0.00,1,United Kingdom
09/24/26,Cup,ann,1,5.00,,1.00,0.00,5.99,0,5.00,GBP,t2,0.00,1,United Kingdom
09/25/26,Cup,bo,1,5.00,,0.00,0.00,0.00,0,5.00,GBP,t3,0.00,2,United Kingdom
"""

EXPORTS["ebay_orders"] = """\

Verkaufsprotokollnummer;Bestellnummer;Nutzername des Käufers;Versand nach Land;Artikelbezeichnung;Anzahl;Verkauft für;Gesamtbetrag;Verkauft am;Zahlungsdatum
;;;;;;;;;
101;12-1;ann_1;Deutschland;Tasse;1;116,99 €;116,99 €;10-Dez-25;10-Dez-25
102;;bo_2;Österreich;Becher;2;9,00 €;1.018,00 €;03-Mär-26;--

2;Datensätze heruntergeladen;;;;;;;;
Verkäufer-ID: me;;;;;;;;;
"""

EXPORTS["wix_orders"] = """\
Order number,Date created,Time,Contact email,Item,Qty,Price,Delivery country,Delivery state,Billing country,Delivery state,Payment status,Shipping rate,Total tax,Total,Currency,Refunded amount,Net amount
10,"Dec 8, 2025",11:15:51 PM,ann@shop.example,Mug,1,20.00,Italy,RM,Italy,MI,Paid,5.00,0,45.00,EUR,0.00,45.00
10,"Dec 8, 2025",11:15:51 PM,ann@shop.example,Cup,2,10.00,Italy,RM,Italy,MI,Paid,5.00,0,45.00,EUR,0.00,45.00
11,"Dec 9, 2025",9:15:51 AM,bo@shop.example,Cup,1,10.00,Italy,RM,Italy,MI,Partially refunded,0,0,10.00,EUR,4.00,6.00
12,"Dec 9, 2025",9:15:51 AM,bo@shop.example,Cup,1,10.00,Italy,RM,Italy,MI,Unpaid,0,0,10.00,EUR,0,10.00
"""

EXPORTS["squarespace_orders"] = """\
Order ID,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Amount Refunded,Total,Created at,Lineitem quantity,Lineitem name,Cancelled at,Payment Method
00012,ann@shop.example,PAID,2026-01-01 10:00:00 -0500,FULFILLED,USD,30,5,0,0,35.00,2026-01-01 23:30:00 -0500,1,Mug,,card
00012,ann@shop.example,,,,,,,,,,,1,Cup,,
00013,bo@shop.example,REFUNDED,2026-01-02 10:00:00 -0500,FULFILLED,USD,20,0,0,20.00,20.00,2026-01-02 10:00:00 -0500,1,Mug,,card
00014,bo@shop.example,CANCELED,,PENDING,USD,20,0,0,0,20.00,2026-01-03 10:00:00 -0500,1,Mug,2026-01-04 10:00:00 -0500,card
"""

EXPORTS["uci_online_retail"] = """\
Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
536365,A,MUG,6,12/1/2010 8:26,2.55,17850.0,United Kingdom
536365,B,CUP,2,12/1/2010 8:26,1.10,17850.0,United Kingdom
536366,B,CUP,1,12/13/2010 8:26,1.10,,United Kingdom
C536400,A,MUG,-1,12/14/2010 8:26,2.55,17850.0,United Kingdom
"""

EXPORTS["ga4_purchases"] = """\
event_date,event_timestamp,event_name,user_id,user_pseudo_id,ecommerce.transaction_id,ecommerce.purchase_revenue,ecommerce.refund_value,geo.country,traffic_source.source
20260101,1767225600000000,purchase,,p1,T-1,20.00,,Latvia,google
20260101,1767225601000000,purchase,,p1,T-1,20.00,,Latvia,google
20260102,1767312000000000,purchase,u2,p2,T-2,30.00,,Latvia,direct
20260103,1767398400000000,page_view,u2,p2,,,,Latvia,direct
20260103,1767398400000000,purchase,,p3,(not set),10.00,,Latvia,direct
"""

EXPORTS["cdnow"] = """\
customer_id date number_of_cds dollar_value
00001 19970101  1   11.77
00002 19970112  1   12.00
00002 19970112  5   77.00
"""

EXPORTS["chargebee_invoices"] = """\
id,subscription_id,customer_id,status,total,amount_paid,credits_applied,write_off_amount,date,paid_at,currency_code
inv_1,s1,c1,paid,14900,14900,0,0,1767225600,1767225600,EUR
inv_2,s1,c1,paid,14900,10000,4900,0,1769904000,1769904000,EUR
inv_3,s2,c2,payment_due,9900,0,0,0,1769904000,,EUR
"""

EXPORTS["superstore"] = """\
Row ID,Order ID,Order Date,Ship Date,Customer ID,Customer Name,Segment,Country,State,Category,Product Name,Sales,Quantity,Discount,Profit
1,CA-1,11/8/2018,11/11/2018,CG-1,Ann,Consumer,United States,Kentucky,Furniture,Chair,261.96,2,0,41.91
2,CA-1,11/8/2018,11/11/2018,CG-1,Ann,Consumer,United States,Kentucky,Furniture,Table,731.94,3,0,219.58
3,CA-2,6/12/2018,6/16/2018,DV-1,Bo,Corporate,United States,California,Office,Labels,14.62,2,0,6.87
"""

EXPORTS["olist"] = """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,k1,delivered,2018-01-01 23:30:00,2018-01-01 23:40:00,,,2018-01-20 00:00:00
o2,k2,shipped,2018-02-01 10:00:00,,,,2018-02-20 00:00:00
o3,k3,canceled,2018-03-01 10:00:00,,,,2018-03-20 00:00:00
"""

EXPORTS["maven_fuzzy_factory"] = """\
order_id,created_at,website_session_id,user_id,primary_product_id,items_purchased,price_usd,cogs_usd
1,2012-03-19 10:42:46,20,20,1,1,49.99,19.49
2,2012-03-20 19:27:37,104,20,1,2,99.98,38.98
3,2012-03-21 19:27:37,105,30,1,1,49.99,19.49
"""


READ = {
    "shopify_orders": (
        {
            "#1001": ("ann@shop.example", "2026-05-01", 35.0),
            "#1002": ("bo@shop.example", "2026-11-01", 15.0),
            "#1006": ("+371 200", "2026-11-05", 13.0),
        },
        {"used": 4, "unpaid": 1, "cancelled": 1, "test": 1},
    ),
    "woo_webtoffee": (
        {"1": ("7", "2026-01-01", 25.0), "2": ("7", "2026-01-02", 0.0), "3": ("guest@shop.example", "2026-01-03", 10.0)},
        {"used": 3, "unpaid": 1},
    ),
    "woo_advanced_order_export": (
        {"10": ("ann@shop.example", "2026-01-01", 45.0), "12": ("bo@shop.example", "2026-01-03", 6.0)},
        {"used": 3, "unpaid": 1},
    ),
    "stripe_payments": (
        {"ch_1": ("cus_1", "2026-01-01", 20.0), "ch_2": ("cus_2", "2026-01-02", 0.0), "ch_5": ("guest@shop.example", "2026-01-05", 50.0)},
        {"used": 3, "unpaid": 1, "test": 1},
    ),
    "stripe_itemized": ({"ch_1": ("cus_1", "2026-01-01", 15.0)}, {"used": 2, "not_sale": 1}),
    "square_transactions": ({"T1": ("C1", "2026-11-15", 1103.38)}, {"used": 2, "no_customer": 1}),
    "square_items": ({"T1": ("C1", "2026-11-15", 9.0)}, {"used": 3}),
    "paypal_activity": ({"T1": ("ann@shop.example", "2025-12-31", 1000.0)}, {"used": 2, "not_sale": 1, "unpaid": 1}),
    "bigcommerce_orders": (
        {"100": ("5", "2026-02-28", 121.0), "101": ("guest@shop.example", "2026-03-01", 30.0)},
        {"used": 2, "unpaid": 1},
    ),
    "magento_order_grid": (
        {"000000001": ("ann@shop.example", "2026-01-01", 121.0), "000000002": ("bo@shop.example", "2026-01-02", 0.0)},
        {"used": 2, "cancelled": 1},
    ),
    "amazon_all_orders": (
        {"1-1": ("ann@marketplace.example", "2026-01-01", 25.8)},
        {"used": 1, "cancelled": 1, "not_sale": 1, "unpaid": 1},
    ),
    "amazon_unshipped": (
        {"1-1": ("ann@marketplace.example", "2026-01-01", 93.92), "1-2": ("bo@marketplace.example", "2026-01-02", 29.31)},
        {"used": 2},
    ),
    "etsy_sold_orders": ({"1": ("ann1", "2026-09-24", 55.0), "2": ("bo1", "2026-09-25", 44.0)}, {"used": 2, "cancelled": 1}),
    "etsy_sold_items": ({"1": ("ann", "2026-09-24", 29.99), "2": ("bo", "2026-09-25", 5.0)}, {"used": 3}),
    "ebay_orders": ({"12-1": ("ann_1", "2025-12-10", 116.99), "102": ("bo_2", "2026-03-03", 1018.0)}, {"used": 2, "note": 2}),
    "wix_orders": (
        {"10": ("ann@shop.example", "2025-12-08", 45.0), "11": ("bo@shop.example", "2025-12-09", 6.0)},
        {"used": 3, "unpaid": 1},
    ),
    "squarespace_orders": (
        {"00012": ("ann@shop.example", "2026-01-01", 35.0), "00013": ("bo@shop.example", "2026-01-02", 0.0)},
        {"used": 3, "cancelled": 1},
    ),
    "uci_online_retail": (
        {"536365": ("17850", "2010-12-01", 17.5), "C536400": ("17850", "2010-12-14", -2.55)},
        {"used": 3, "no_customer": 1},
    ),
    "ga4_purchases": (
        {"000-0000000004": ("p3", "2026-01-03", 10.0), "T-1": ("p1", "2026-01-01", 20.0), "T-2": ("u2", "2026-01-02", 30.0)},
        {"used": 4, "not_sale": 1},
    ),
    "cdnow": (
        {
            "000-0000000000": ("00001", "1997-01-01", 11.77),
            "000-0000000001": ("00002", "1997-01-12", 12.0),
            "000-0000000002": ("00002", "1997-01-12", 77.0),
        },
        {"used": 3},
    ),
    "superstore": ({"CA-1": ("CG-1", "2018-11-08", 993.9), "CA-2": ("DV-1", "2018-06-12", 14.62)}, {"used": 3}),
    "maven_fuzzy_factory": (
        {"1": ("20", "2012-03-19", 49.99), "2": ("20", "2012-03-20", 99.98), "3": ("30", "2012-03-21", 49.99)},
        {"used": 3},
    ),
}

REFUSED = {
    "woo_analytics_orders": "this report has no e-mail and no customer id, only a name to show",
    "stripe_balance_history": "a balance history has no customers. Export Payments with all columns",
    "prestashop_orders": "the grid's export knows people only as 'F. Lastname'",
    "amazon_date_range": "a settlement report has no buyers",
    "chargebee_invoices": "[amount_paid] whole numbers such as 14900 may be units or cents",
    "olist": "Olist's customer_id is one per order: give olist_customers_dataset.csv too",
}


def test_every_preset_is_read_here():
    assert set(EXPORTS) == {path.stem for path in BUILT_IN.glob("*.yaml")} == set(READ) | set(REFUSED)


@pytest.mark.parametrize("name", READ)
def test_an_export_is_read_without_a_word(tmp_path, name):
    reading = read_text(tmp_path, EXPORTS[name])
    assert reading.plans[0].preset.name == name
    assert (orders_of(reading), fates(reading)) == READ[name]


@pytest.mark.parametrize("name", READ)
def test_the_ledger_ties_out(tmp_path, name):
    ledger = read_text(tmp_path, EXPORTS[name]).ledger
    left_out = sum(entry.amount for entry in ledger if entry.reason.fate != "used")
    assert (
        ledger.gross - ledger.discount.amount - sum(step.amount for step in ledger.policy) - left_out - ledger.refunds.amount == ledger.net
    )
    assert ledger.records == sum(ledger.of(fate) for fate in ("used", "excluded", "rejected"))
    assert ledger.net == read_text(tmp_path, EXPORTS[name]).orders["amount"].sum()


@pytest.mark.parametrize("name", REFUSED)
def test_an_export_is_refused_with_advice(tmp_path, name):
    said = refused(tmp_path, EXPORTS[name])
    assert REFUSED[name] in said
    assert "try: " in said or "hint: " in said


@pytest.mark.parametrize("name", EXPORTS)
def test_a_header_fits_its_own_preset_alone(tmp_path, name):
    (file,) = files([written(tmp_path, EXPORTS[name])])
    assert matching(records(file, Given()).columns).name == name


OF_PLAIN_FIELDS = [name for name in READ if name not in ("ebay_orders", "cdnow") and '"' not in EXPORTS[name]]


@pytest.mark.parametrize("name", OF_PLAIN_FIELDS)
def test_columns_may_stand_in_any_order(tmp_path, name):
    lines = EXPORTS[name].splitlines()
    sign = "\t" if "\t" in lines[0] else ","
    turned = "\n".join(sign.join(reversed(line.split(sign) + [""] * (lines[0].count(sign) - line.count(sign)))) for line in lines)
    reading = read_text(tmp_path, turned)
    assert (orders_of(reading), fates(reading)) == READ[name]


# What presets leave to the config


def test_tax_and_shipping_are_taken_out_as_asked(tmp_path):
    reading = read_text(tmp_path, EXPORTS["shopify_orders"], tax="exclude", shipping="exclude")
    assert {order: amount for order, (_, _, amount) in orders_of(reading).items()} == {"#1001": 26.0, "#1002": 13.5, "#1006": 12.0}
    assert [(step.name, step.amount) for step in reading.ledger.policy] == [("tax", 100_000), ("shipping", 50_000)]
    assert "− 10.00 tax − 5.00 shipping" in reading.ledger.money


def test_tax_that_is_no_column_cant_be_taken_out(tmp_path):
    said = refused(tmp_path, "order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n", tax="exclude")
    assert said == "orders.csv:1: no column says how much tax is in the amount\ntry: clv ... --map tax=COLUMN"


def test_a_status_can_be_judged_otherwise(tmp_path):
    reading = read_text(tmp_path, EXPORTS["shopify_orders"], statuses={"Pending": "keep"})
    assert fates(reading) == {"used": 5, "cancelled": 1, "test": 1}


def test_a_status_that_a_platform_isnt_known_to_have(tmp_path):
    content = EXPORTS["wix_orders"].replace("Partially refunded", "On its way")
    said = refused(tmp_path, content)
    assert "[Payment status] statuses that clv doesn't know: 'On its way' (1). Nothing was dropped" in said
    assert "try: clv ... --status 'On its way=keep'" in said


def test_a_status_that_is_kept_though_it_isnt_known(tmp_path):
    reading = read_text(tmp_path, EXPORTS["shopify_orders"].replace(",partially_refunded,", ",unheard_of,"))
    assert "statuses that Shopify, orders isn't known to have were kept: 'unheard_of' (1)" in reading.notes[0]


def test_chargebee_in_cents(tmp_path):
    reading = read_text(tmp_path, EXPORTS["chargebee_invoices"], minor_units=True)
    assert (orders_of(reading), fates(reading)) == (
        {"inv_1": ("c1", "2026-01-01", 149.0), "inv_2": ("c1", "2026-02-01", 100.0)},
        {"used": 2, "unpaid": 1},
    )


def test_prestashop_by_name_if_asked(tmp_path):
    assert orders_of(read_text(tmp_path, EXPORTS["prestashop_orders"], identity="name")) == {"1": ("A. Lee", "2026-01-01", 45.0)}


def test_the_day_of_a_time_in_utc_in_the_shops_zone(tmp_path):
    reading = read_text(tmp_path, EXPORTS["stripe_payments"], tz="Europe/Riga")
    assert orders_of(reading)["ch_1"][1] == "2026-01-02"


def test_two_currencies_are_refused_with_a_table(tmp_path):
    content = EXPORTS["shopify_orders"].replace(
        "#1002,bo@shop.example,partially_refunded,2026-11-01 10:00:00 +0100,2026-11-01 00:10:00 +0100,EUR",
        "#1002,bo@shop.example,partially_refunded,2026-11-01 10:00:00 +0100,2026-11-01 00:10:00 +0100,USD",
    )
    assert "several currencies" in refused(tmp_path, content)
    assert fates(read_text(tmp_path, content, currency="EUR")) == {"used": 3, "unpaid": 1, "cancelled": 1, "test": 1, "currency": 1}


# Exports in several files

OLIST = {
    "olist_orders_dataset.csv": EXPORTS["olist"],
    "olist_customers_dataset.csv": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nk1,u1,1,sp,SP\nk2,u1,1,sp,SP\nk3,u2,1,sp,SP\n",
    "olist_order_items_dataset.csv": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\no1,1,p,s,2018-01-05 00:00:00,50.00,7.42\no1,2,p,s,2018-01-05 00:00:00,20.00,0.00\no2,1,p,s,2018-02-05 00:00:00,130.00,11.46\no3,1,p,s,2018-02-05 00:00:00,9.00,1.00\n",
    "olist_products_dataset.csv": "product_id,product_category_name\np,mugs\n",
    "README.txt": "The data set as it was given.\n",
}


def folder_of(folder, files):
    """A folder with these files."""
    here = folder / "export"
    here.mkdir()
    for name, content in files.items():
        written(here, content, name)
    return here


def test_olist_is_read_from_its_folder(tmp_path):
    reading = read_export(str(folder_of(tmp_path, OLIST)))
    assert orders_of(reading) == {"o1": ("u1", "2018-01-01", 77.42), "o2": ("u1", "2018-02-01", 141.46)}
    assert fates(reading) == {"used": 2, "cancelled": 1}
    assert [name.rsplit("/")[-1] for name in reading.idle] == ["README.txt", "olist_products_dataset.csv"]


def test_olist_is_read_from_several_paths(tmp_path):
    here = folder_of(tmp_path, OLIST)
    reading = read_export(*(str(here / name) for name in list(OLIST)[:3]))
    assert reading.ledger.net == 2_188_800


def test_olist_without_amounts(tmp_path):
    here = folder_of(tmp_path, {name: OLIST[name] for name in ("olist_orders_dataset.csv", "olist_customers_dataset.csv")})
    with pytest.raises(InputError, match="the orders file has no amounts"):
        read_export(str(here))


def test_a_price_beside_the_orders_that_is_none_leaves_no_smaller_total(tmp_path):
    items = OLIST["olist_order_items_dataset.csv"].replace("20.00", "soon")
    reading = read_export(str(folder_of(tmp_path, {**OLIST, "olist_order_items_dataset.csv": items})), max_rejects=1)
    assert orders_of(reading) == {"o2": ("u1", "2018-02-01", 141.46)}
    assert reading.rejects.select("line", "column", "value", "reason").rows() == [(2, "items_total", "", "no amount")]


def test_refunds_in_a_file_of_their_own(tmp_path):
    refunds = "order_item_refund_id,created_at,order_item_id,order_id,refund_amount_usd\n1,2012-04-06 11:32:43,57,2,49.99\n2,2012-04-07 11:32:43,58,2,9.99\n3,2012-04-08 00:00:00,60,3,49.99\n"
    reading = read_export(str(folder_of(tmp_path, {"orders.csv": EXPORTS["maven_fuzzy_factory"], "order_item_refunds.csv": refunds})))
    assert orders_of(reading) == {"1": ("20", "2012-03-19", 49.99), "2": ("20", "2012-03-20", 40.0), "3": ("30", "2012-03-21", 0.0)}
    assert (reading.ledger.orders, reading.ledger.refunds.orders, reading.ledger.refunds.amount, reading.ledger.fully_refunded) == (
        3,
        2,
        1_099_700,
        1,
    )
    assert fates(reading) == {"used": 6}


# Presets of one's own


OWN = """\
title: Our till
match: {require: [bon, kunde, summe, tag]}
grain: order
columns: {order_id: bon, customer_id: kunde, amount: summe, ordered_at: tag, tax: steuer, status: art}
includes: [tax]
without: [tax]
status: {keep: [verkauf], not_sale: [einlage], unknown: refuse}
"""
BONS = "bon,kunde,summe,tag,steuer,art\n1,a,11.90,2026-01-01,1.90,Verkauf\n2,b,50.00,2026-01-01,0,Einlage\n"


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "till.yaml").write_text(OWN, encoding="utf-8")
    return folder


def test_a_preset_of_ones_own(tmp_path, own):
    reading = read_text(tmp_path, BONS, presets=str(own))
    assert (orders_of(reading), fates(reading)) == ({"1": ("a", "2026-01-01", 10.0)}, {"used": 1, "not_sale": 1})


def test_a_preset_of_ones_own_goes_before_clvs_of_the_same_name(own):
    (own / "cdnow.yaml").write_text(OWN, encoding="utf-8")
    assert presets(own)["cdnow"].title == "Our till"


def test_presets_are_listed(own):
    config = own.parent / "clv.yaml"
    config.write_text(f"presets: {own}\n", encoding="utf-8")
    rows = clv("inspect", "--presets", "--format", "json", "--config", str(config)).json["tables"][0]["rows"]
    assert {row["preset"]: row["origin"] for row in rows}["till"] == "yours"
    assert {row["preset"] for row in rows if row["origin"] == "clv"} == set(EXPORTS)


def test_a_mistake_in_a_preset_is_told_with_its_line(own):
    (own / "till.yaml").write_text(OWN.replace("grain: order", "grain: orders").replace("includes", "include"), encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        presets(own)
    said = str(told.value).replace(str(own), "presets")
    assert "presets/till.yaml:3:8: grain: " in said
    assert "presets/till.yaml:5:1: include: unknown key" in said


def test_a_preset_can_be_forced(tmp_path):
    content = EXPORTS["superstore"].replace("Row ID", "Line")
    assert matching(content.splitlines()[0].split(",")) is None
    assert orders_of(read_text(tmp_path, content, preset="superstore")) == READ["superstore"][0]


def test_a_preset_can_be_refused(tmp_path):
    reading = read_text(tmp_path, EXPORTS["superstore"], preset="none", date_format="%m/%d/%Y")
    assert (reading.plans[0].preset, orders_of(reading)) == (None, READ["superstore"][0])


def test_a_preset_that_there_isnt():
    with pytest.raises(UsageError, match="no preset is called 'shopfy_orders'") as told:
        named("shopfy_orders")
    assert "did you mean 'shopify_orders'?" in str(told.value)


def test_two_presets_that_fit_alike(tmp_path, own):
    (own / "till2.yaml").write_text(OWN, encoding="utf-8")
    assert "fits the presets till and till2 alike" in refused(tmp_path, BONS, presets=str(own))


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_a_preset_is_as_its_schema_says(name):
    preset = presets()[name]
    assert isinstance(preset, Preset)
    assert preset.title
    assert preset.match.require


def test_a_number_in_a_preset_is_the_text_that_it_is(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    preset = "title: Till\nmatch: {require: [bon, gast]}\ncolumns: {order_id: bon, customer_id: gast, ordered_at: zeit, amount: summe}\n"
    rules = "guests: [7]\nrows: [{fate: test, if: [{column: gast, is: 9999}]}]\n"
    written(own, preset + rules, "till.yaml")
    reading = read_text(tmp_path, "bon,gast,zeit,summe\n1,7,2025-01-05,1\n2,9999,2025-01-05,1\n3,5,2025-01-05,1\n", presets=str(own))
    assert fates(reading) == {"used": 1, "no_customer": 1, "test": 1}


@pytest.mark.parametrize("key", [key for key in Preset.model_fields if key != "name"])
def test_what_may_stand_in_a_preset_is_documented(key):
    page = (Path(__file__).parents[1] / "docs" / "how-to" / "write-your-own-preset.md").read_text(encoding="utf-8")
    assert f"`{key}`" in page
