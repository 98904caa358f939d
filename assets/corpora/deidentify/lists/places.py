"""States of the United States, their abbreviations, and large cities that are no ordinary words.

Own list. States and countries may stay under Safe Harbor; cities may not. Data only; no rules.
"""

STATES = """
alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii
idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan
minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york
north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina
south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming
puerto rico|guam|district of columbia
"""

STATE_CODES = """
AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC
ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI
"""

CITIES = """
albuquerque anaheim anchorage arlington atlanta austin bakersfield baltimore birmingham boise
boston boulder bridgeport brooklyn brownsville buffalo cambridge charleston charlotte chattanooga
chicago cincinnati cleveland columbus cupertino dallas dayton denver detroit durham elpaso eugene
fargo fayetteville fremont fresno gainesville gilbert glendale greensboro hartford henderson hialeah
honolulu houston huntsville indianapolis irvine irving jacksonville knoxville lansing laredo
lexington lincoln louisville lubbock madison manhattan memphis mesquite miami milwaukee minneapolis
mobile modesto montgomery nashville newark norfolk oakland omaha orlando oxnard pasadena peoria
philadelphia phoenix pittsburgh plano portland providence queens raleigh reno richmond riverside
rochester rockford sacramento salem salinas savannah scottsdale scranton seattle shreveport spokane
springfield stamford stockton syracuse tacoma tallahassee tampa tempe toledo topeka tucson tulsa
wichita wilmington winston worcester yonkers youngstown
aberdeen amsterdam ankara athens auckland bangalore bangkok barcelona beijing belfast berlin
bogota bologna bombay bristol brussels bucharest budapest cairo calcutta calgary cardiff chengdu
chennai chongqing cologne copenhagen delhi dhaka dublin durban edinburgh edmonton florence
frankfurt fukuoka geneva glasgow guangzhou gothenburg hamburg hangzhou hanoi harbin helsinki
hiroshima hyderabad istanbul jakarta jerusalem johannesburg kampala karachi kiev kobe kolkata
kyoto lagos lahore leeds leicester lima lisbon liverpool london lyon madrid manchester manila
marseille melbourne milan montreal moscow mumbai munich nagasaki nagoya nairobi nanjing naples
newcastle nottingham osaka oslo ottawa oxford paris perth prague rome rotterdam santiago sapporo
seoul shanghai sheffield shenyang shenzhen stockholm strasbourg stuttgart sydney taipei tehran
tianjin tokyo toronto toulouse turin uppsala utrecht vancouver venice vienna warsaw wuhan
xian yokohama zagreb zurich
"""

COUNTRIES = """
china india japan korea mexico canada france germany italy spain england ireland scotland wales
britain america africa asia europe australia brazil russia nigeria ghana kenya egypt iran iraq
syria turkey vietnam thailand philippines pakistan bangladesh nepal haiti cuba jamaica guatemala
honduras colombia peru chile argentina poland ukraine greece portugal sweden norway denmark finland
israel jordan austria belgium switzerland netherlands holland hungary romania bulgaria serbia
croatia singapore malaysia indonesia taiwan us usa uk united states kingdom
"""
