"""The most common given names of the 1990 United States
census (public domain), without countries, states and rare ordinary words. Data only; no rules."""

WORDS = """
aaron abbey abbie abby abdul abe abel abigail abraham abram ada adalberto adaline adam adan addie
adela adelaida adele adelia adelina adeline adell adella adelle adina adolfo adolph adria adrian
adriana adriane adrianna adrianne adriene adrienne afton agatha agnes agustin agustina ahmad ahmed
aida aileen aimee aisha aja akiko alaina alan alana alanna albert alberta albertha albertina
albertine alberto albina alda alden aldo alease alec alecia aleida alejandra alejandrina alejandro
alena alene alesha alesia aleta aletha alethea alethia alex alexa alexander alexandra alexandria
alexis alfonso alfonzo alfred alfreda alfredo ali alica alice alicia alida alina aline alisa alise
alisha alishia alisia alison alissa alix aliza allan allegra allen allie alline allison allyson
almeda almeta alonso alonzo alpha alphonse alphonso altagracia altha althea alton alva alvaro
alvera alvin alvina alyce alycia alyse alysha alysia alyson alyssa amada amado amalia amanda
amberly ambrose amelia ami amie amina ammie amos amparo amy anabel anastacia anastasia anderson
andra andrea andreas andree andres andrew andria andy anette angela angele angelena angeles
angelia angelic angelica angelika angelina angeline angelique angelita angella angelo angie angle
anglea anh anibal anika anissa anita anitra anjanette ann anna annabel annabell annabelle annalee
annalisa annamae annamarie anne anneliese annemarie annett annetta annette annice annie annis
annmarie anthony antione antionette antoine antoinette anton antone antonette antonia antonietta
antonina antonio antony antwan anya apolonia april apryl araceli aracelis aracely arcelia archie
ardell ardella arden ardis ardith aretha ariana ariane arianna arie ariel arielle arla arleen
arlen arlena arlene arletta arlette arlie arline armand armanda armando armida arminda arnetta
arnita arnold arnoldo arnulfo aron arron art arthur artie arturo arvilla asa ashely ashlee
ashleigh ashley ashli ashlie ashly ashlyn ashton assunta astrid asuncion athena aubrey audie audra
audrea audrey audry august augusta augustina augustine augustus aundrea aura aurea aurelia aurelio
aurora austin ava avelina avery avis awilda ayana ayanna ayesha azucena babara babette bailey
bambi barbar barbara barbera barbie barbra barney barrett barry bart barton basil beatrice beatriz
beau beckie becky belen belia belinda bella belle belva benedict benita benito benjamin bennett
bennie benny benton berenice bernadette bernadine bernard bernardo berneice bernetta bernice
bernie berniece bernita bert berta bertha bertie bertram beryl bess bessie beth bethann bethany
bethel betsey betsy bette bettie bettina betty bettye beulah bev beverlee beverley beverly bianca
billie billy billye birdie birgit blaine blair blake blanca blanche blythe bob bobbi bobbie bobby
bobbye bonita bonnie bonny booker boris boyce boyd brad bradford bradley bradly brady brain branda
brandee branden brandi brandie brandon brandy brant breanna breanne bree brenda brendan brendon
brenna brent brenton bret brett brian briana brianna brianne brice bridget bridgett bridgette
brigette brigid brigida brigitte brinda britany britney britni britt britta brittani brittany
brittney brittni brock broderick bronwyn brook brooke brooks bruce brunilda bruno bryan bryant
bryce brynn bryon buck buddy buford burl burt burton buster byron caitlin caitlyn caleb callie
calvin camelia cameron cami camilla camille cammie candace candance candelaria candi candice
candie candis candy candyce caprice cara caren carey cari caridad carie carin carisa carissa carl
carla carleen carlene carletta carley carlie carline carlo carlos carlota carlotta carlton carly
carlyn carma carman carmel carmela carmelina carmelita carmella carmelo carmen carmine carmon
carol carolann carole carolee caroline carolyn carolyne carolynn caron carri carrie carrol carroll
carson carter cary caryl caryn casandra casey casie cassandra cassidy cassie catalina catarina
caterina catharine catherine cathey cathi cathie cathleen cathrine cathryn cathy catina catrina
cecelia cecil cecila cecile cecilia cecily cedric cedrick celena celeste celestina celestine celia
celina celine cesar chadwick chana chance chanda chandra chanel chang chantal chante chantel
chantell chantelle charise charissa charisse charla charleen charlene charles charlette charley
charlie charline charlotte charmaine charolette chas chasity chastity chau chauncey chaya chelsea
chelsey chelsie cheri cherie cherise cherish cherly cherri cherrie cherryl cheryl cheryle cheryll
chester chet cheyenne chin chiquita chloe chong chris chrissy christa christal christeen christel
christen christena christene christi christian christiana christiane christie christin christina
christine christoper christopher christy chrystal chuck chun chung ciara cicely ciera cierra cinda
cindi cindy cinthia clair claire clara clare clarence claribel clarice clarine clarissa clarita
clark claud claude claudette claudia claudie claudine claudio clayton clement clemente clementina
clementine clemmie cleo cleopatra cleora cleta cletus cleveland cliff clifford clifton clint
clinton clotilde clyde cody colby cole coleen coleman coletta colette colin colleen collen
collette collin colton columbus concepcion concetta conchita connie conrad constance consuela
consuelo cora corazon cordelia cordell cordie coreen corene coretta corey cori corie corina corine
corinna corinne corliss cornelia cornelius corrie corrina corrine cortez cortney cory courtney coy
craig criselda crissy cristal cristen cristi cristie cristin cristina cristine cristobal
cristopher cristy cruz crystal curt curtis cyndi cynthia cyril cyrus cythia dagmar dahlia daisey
daisy dale dalia dalila dallas damaris damian damien damion damon dana danae dane danelle danette
dani dania danial danica daniel daniela daniele daniell daniella danielle danika danilo danita
danna dannette dannie dannielle danny dante danuta danyelle daphine daphne dara darby darci darcie
darcy darell daren daria darin dario darius darla darleen darlene darline darnell daron darrel
darrell darren darrick darrin darron darryl darwin daryl dave david davida davina davis dawna
dawne dayle dayna dean deana deandra deandre deane deangelo deann deanna deanne deb debbi debbie
debbra debby debi debora deborah debra debrah debroah dedra dee deeann deena deidra deidre deirdre
del delaine delana delbert delena delfina delia delicia delilah delinda delisa delma delmar delmer
delois delora delores deloris delpha delphia delphine delta demarcus demetra demetria demetrice
demetrius dena deneen denese denice denis denise denisha denita denna dennis dennise denny denver
deon derek derick derrick deshawn desirae desire desiree desmond dessie detra devin devon devona
devora devorah dewayne dewey dewitt dexter dian diana diane diann dianna dianne dick diedra diedre
diego digna dillon dina dinah dino dion dionna dionne dirk dixie dollie dolly dolores doloris
domenic domenica dominga domingo dominic dominick dominique dominque domonique dona donald donetta
dong donita donn donna donnell donnie donny donovan donte donya dora dorathy dorcas doreen dorene
doretha doretta dorian dorie dorinda dorine doris dorotha dorothea dorothy dorris dorsey dortha
dorthea dorthy dottie doug douglas douglass dovie doyle dreama drema drucilla drusilla duane
dudley dulce duncan dung dustin dusty dwain dwayne dwight dyan dylan earl earle earlean earleen
earlene earline earnest earnestine eartha easter eboni ebony echo eda edda eddie eddy edelmira
eden edgar edgardo edie edison edith edmond edmund edmundo edna eduardo edward edwardo edwin
edwina edythe effie efrain efren eileen elaina elaine elana elanor elayne elba elbert elda elden
eldon eldora eldridge eleanor eleanora eleanore elease elena eleni elenor elenora elenore elfriede
eli elia eliana elias elicia elida elijah elinor elisa elisabeth elise eliseo elisha elissa eliza
elizabeth elizbeth elizebeth elke ella ellen ellie elliot elliott ellis ellsworth elly ellyn elma
elmer elmira elmo elna elnora elodia elois eloisa eloise elouise eloy elroy elsa elsie elton elva
elvera elvia elvie elvin elvina elvira elvis elwood elyse ema emanuel emelda emelia emerson emery
emiko emil emile emilee emilia emilie emilio emily emma emmanuel emmett emmie emmitt emmy emogene
emory enedina eneida enid enoch enola enrique enriqueta epifania era erasmo eric erica erich erick
ericka erik erika erin erinn erlene erlinda erline erma ermelinda erminia erna ernest ernestina
ernestine ernesto ernie errol ervin erwin esmeralda esperanza essie esteban estela estell estella
estelle ester esther estrella ethan ethel ethelene ethelyn ethyl etta eugene eugenia eugenie
eugenio eula eulalia eun eunice eusebio eva evalyn evan evangelina evangeline eve evelia evelin
evelina eveline evelyn evelyne everett everette evette evie evon evonne exie ezekiel ezequiel ezra
fabian fabiola fae fallon fannie fanny farah farrah fatima faustina faustino fausto fawn fay faye
federico felecia felica felice felicia felicita felicitas felipa felipe felisa felisha felix
felton ferdinand fermin fern fernanda fernando ferne fidel filiberto filomena fiona flavia
fletcher flo flor flora florance florence florencia florencio florene florentina florentino
floretta florinda florine flossie floy floyd fonda forest forrest fran frances francesca francesco
francie francina francine francis francisca francisco francoise frankie franklin franklyn fred
freda freddie freddy frederic frederica frederick fredericka fredia fredric fredrick freeda
freeman freida frieda fritz fumiko gabriel gabriela gabriele gabriella gabrielle gail gale galen
garfield garland garnett garret garrett garry garth gary gaston gavin gaye gayla gayle gaylene
gaylord gaynell gearldine gemma gena genaro gene geneva genevieve genia genie gennie genoveva
geoffrey george georgene georgetta georgette georgiana georgianna georgie georgina georgine gerald
geraldine geraldo geralyn gerard gerardo gerda geri germaine gerri gerry gertha gertie gertrud
gertrude gia gigi gil gilbert gilberto gilda gillian gina ginny gino giovanna giovanni gisela
gisele giselle giuseppe gladis glady gladys glen glenda glendora glenna glennie glennis glinda
gloria glynda golda goldie gonzalo gordon gracia gracie graciela grady graham graig granville greg
gregg gregoria gregorio gregory greta gretchen gretta griselda grover guadalupe gudrun guillermina
guillermo gus gussie gustavo guy gwen gwenda gwendolyn gwenn gwyn hae hai hailey hal haley halina
hallie hana hanh hank hanna hannah hannelore hans harlan harland harley harold harriet harriett
harriette harris harrison harry harvey hassan hattie haydee hayden hayley haywood hazel heath
heather hector hedwig hedy hee heide heidi helen helena helene helga hellen henrietta henriette
henry herbert heriberto herlinda herman hermelinda hermina hermine herminia herschel hershel herta
hester hettie hilaria hilario hilary hilda hilde hildegard hildegarde hildred hillary hilma hilton
hipolito hiram hiroko hoa hobert holley holli hollie hollis holly homer hong hope horace horacio
hortencia hortense hortensia hosea houston howard hoyt hubert huey hugh hugo hui hulda humberto
hung huong hyacinth hye hyman hyon hyun ida idalia idell iesha ignacia ignacio ike ila ilana ilda
ileana ilene iliana ilona ilse iluminada ima imelda imogene indira inell ines inez inga inge
ingeborg inger ingrid inocencia iola iona ione ira irena irene irina iris irma irmgard irvin
irving irwin isa isaac isabel isabell isabella isabelle isaiah isaias isaura isela isiah isidra
isidro isis ismael isreal issac iva ivan ivana ivette ivonne jacalyn jacinda jacinta jacinto jack
jackeline jacki jackie jacklyn jackson jaclyn jacob jacqualine jacquelin jacqueline jacquelyn
jacquelyne jacquelynn jacques jacquiline jacquline jacqulyn jada jade jadwiga jae jaime jaimie
jake jaleesa jamaal jamal jamar jame jamel james jamey jami jamie jamila jamison jammie jana janae
janay jane janee janeen janel janell janelle janene janessa janet janeth janett janetta janette
janey janice janie janina janine janis janita jann janna jannet jannette jannie jaqueline jared
jarod jarred jarrett jarrod jarvis jasmin jasmine jason jasper jaunita javier jay jayme jayne
jayson jazmin jazmine jean jeana jeane jeanene jeanetta jeanette jeanie jeanine jeanna jeanne
jeannette jeannie jeannine jed jefferey jefferson jeffery jeffrey jeffry jen jena jene jenell
jenelle jenette jeni jenice jenifer jeniffer jenine jenise jenna jennefer jennette jenni jennie
jennifer jenniffer jenny jerald jeraldine jeramy jere jeremiah jeremy jeri jerilyn jermaine jerold
jerome jeromy jerrell jerri jerrica jerrie jerrod jerrold jerry jesenia jesica jess jesse jessenia
jessi jessica jessie jesus jesusa jettie jewel jewell jill jillian jim jimmie jimmy jin jina joan
joana joanie joann joanna joanne joannie joaquin jocelyn jodee jodi jodie jody joe joeann joel
joella joelle joellen joesph joetta joey johana johanna john johnathan johnathon johnetta johnie
johnna johnnie johnny johnson joi jolanda joleen jolene jolie jolynn jon jona jonah jonas jonathan
jonathon jonell jonelle joni jonna jonnie jordon jorge jose josef josefa josefina joselyn joseph
josephina josephine josette josh joshua josiah josie joslyn jospeh josue jovita joyce joycelyn
joye juan juana juanita jude judi judie judith judson judy julee jules juli julia julian juliana
juliane juliann julianna julianne julie julienne juliet julieta juliette julio julissa julius june
jung junita justin justina justine jutta kacey kaci kacie kacy kaila kaitlin kaitlyn kala kaley
kali kam kami kandace kandi kandice kandy karan kareem karen karey kari karie karin karina karine
karissa karl karla karleen karlene karmen karol karolyn karon karren karri karrie karyl karyn
kasandra kasey kasie kassandra kassie kate katelyn kathaleen katharina katharine kathe katherin
katherine kathern katheryn kathey kathi kathie kathleen kathlene kathlyn kathrine kathryn kathryne
kathy kathyrn kati katia katie katina katlyn katrice katrina kattie katy kay kaye kayla kaylee
kayleen kayleigh kaylene kazuko kecia keely keena keenan keesha keiko keisha keith keli kelle
kellee kelley kelli kellie kelly kellye kelsey kelsie kelvin ken kena kendall kendra kendrick
keneth kenisha kenna kenneth kennith kenny kent kenton kenya kenyatta kenyetta keri kermit kerri
kerrie kerry kesha keshia keven kevin kia kiana kiara kiera kiesha kieth kiley kim kimber
kimberely kimberlee kimberley kimberli kimberlie kimberly kimbery kimiko kindra kip kira kirby
kirk kirsten kirstin kisha kitty kizzy korey kori kory kourtney kraig kris krista kristal kristan
kristel kristen kristi kristian kristie kristin kristina kristine kristofer kristopher kristy
kristyn krysta krystal krystle krystyna kum kurt kurtis kyla kyle kylee kylie kym kymberly kyong
kyra kyung lacey laci lacie lacy ladonna lai laila lakeisha lakesha lakeshia lakiesha lakisha
lamar lamont lan lana lance landon lanell lanette lani lanita lanny laquita lara larae laraine
larhonda larisa larissa laronda larry larue lasandra lashanda lashawn lashonda lashunda latanya
latasha latashia latesha latia laticia latisha latonia latonya latoria latosha latoya latrice
latricia latrina latrisha launa laura laure laureen lauren laurence laurene lauretta laurette
lauri laurice laurie laurine lauryn lavada lavera lavern laverna laverne lavette lavina lavinia
lavon lavonda lavonia lavonne lawana lawanda lawanna lawerence lawrence layla lazaro lea leah
leana leandra leandro leann leanna leanne leatha leatrice leda lee leeann leeanna leeanne leesa
leif leigh leighann leila leilani leisa leisha lela leland lelia lemuel len lena lenard lenna
lennie lenny lenora lenore leo leola leon leona leonard leonarda leonardo leone leonel leonie
leonila leonor leonora leonore leopoldo leora leota lera leroy lesa lesia leslee lesley lesli
leslie lessie lester leta letha leticia letitia lettie letty levi lewis lexie lezlie liana liane
libby librada lida lidia lien ligia lila lili lilia lilian liliana lilla lillian lillie lilly lily
lina lincoln linda lindsay lindsey lindy linette linh linnea linnie lino linsey linwood lionel
lisa lisbeth lise lisette lisha lissa lissette lita livia liz liza lizabeth lizbeth lizette
lizzette lizzie lloyd logan loida lois lola lolita loma lon lona long loni lonna lonnie lonny lora
loraine lore loree loreen lorelei loren lorena lorene lorenza lorenzo loretta lori loriann lorie
lorinda lorine loris lorna lorraine lorretta lorri lorrie lory lottie lou louann louanne louella
louie louis louisa louise lourdes louvenia lovella lovie lowell loyce loyd luana luann luanne
lucas lucia luciana luciano lucie lucien lucienne lucila lucile lucille lucina lucinda lucio
lucius lucrecia lucretia lucy ludie lue luella luigi luis luisa luise luke lula lulu luna lupe
lupita lura lurline luther luvenia luz lyda lydia lyla lyle lyman lyn lynda lyndon lyndsay lyndsey
lynell lynelle lynetta lynette lynn lynne lynnette lynsey lynwood mabel mable mac machelle macie
mack mackenzie macy madaline madalyn madeleine madeline madelyn madge madie madison madlyn madonna
mae maegan magaly magan magaret magda magdalen magdalena magdalene magen maggie magnolia mai maia
maida maile maira major majorie malcolm malcom malia malik malika malinda malisa malissa mallory
mamie mammie man mana manda mandi mandy manual manuel manuela mara maranda marc marcel marcela
marcelina marceline marcelino marcella marcelle marcellus marcelo marci marcia marcie marco marcos
marcus marcy maren margaret margareta margarete margarett margaretta margarette margarita
margarite margarito margart marge margeret margert margery marget margie margit margo margorie
margot margret marguerita marguerite margurite mari maria mariah mariam marian mariana mariann
marianna marianne mariano maribel maribeth maricela marie mariel mariela marietta mariko marilee
marilou marilu marilyn marilynn marina marinda mario marion marisa marisela marisol marissa marita
maritza marivel marjorie marjory markita markus marla marlana marleen marlen marlena marlene
marlin marlo marlon marlyn marlys marna marni marnie marquerite marquetta marquis marquita marsha
marshall marta martha marti martin martina martine marty marva marvel marvin mary marya maryalice
maryam maryann maryanne marybeth maryellen maryjane maryjo marylee marylin marylou marylyn masako
mason mathew mathilda mathilde matilda matilde matt matthew mattie maud maude maudie maura maureen
maurice mauricio maurine mauro mavis maxie maximo maxine maxwell may maya maybell maybelle maye
mayme maynard mayra mazie mckenzie mckinley meagan meaghan mechelle mee meg megan meggan meghan
meghann mei mel melaine melanie melany melba melina melinda melisa melissa melissia mellie mellisa
mellissa melodie melody melonie melony melva melvin melvina melynda mendy mercedes mercy meredith
meri meridith merilyn merlene merlin merna merri merrie merrill merry mervin meryl meta mia
micaela micah michael michaela michal michale micheal michel michele micheline michell michelle
michiko mickey micki mickie migdalia mignon miguel miguelina mika mike mikel mikki mila milagro
milagros milan mildred milford milissa millard millicent millie milo milton mimi min minda mindi
mindy minerva minh minna minnie miquel mira miranda mireille mireya miriam mirian mirna mirta
mirtha missy misti misty mitch mitchel mitchell mittie mitzi mitzie modesta modesto mohamed
mohammad mohammed moira moises mollie molly mona monica monika monique monroe monserrate monte
monty morris morton mose moses moshe mozell mozella mozelle mui muriel murray myles myong myra
myriam myrle myrna myron myrtice myrtie myrtis myrtle myung nada nadia nadine nakia nakisha nakita
nan nanci nancie nancy nanette nannette nannie naoma naomi napoleon narcisa natalia natalie
natasha natashia nathalie nathan nathanael nathanial nathaniel natividad natosha neal ned nedra
neil nelda nelia nelida nell nellie nelly nelson nena neoma nereida nerissa nestor neta nettie
neva neville nga ngoc nichelle nichol nicholas nichole nicki nickie nickolas nickole nicky nicol
nicola nicolas nicolasa nicole nicolette nicolle nidia nieves nigel niki nikia nikita nikki nikole
nila nilda nilsa nina ninfa nita noah noe noel noelia noella noelle noemi nola nolan noma nona
nora norah norbert norberto noreen norene noriko norine norma norman normand norris nova numbers
nydia nyla obdulia ocie octavia octavio odelia odell odessa odette odilia odis ofelia olen oleta
olga olimpia olin oliva oliver olivia ollie olympia oma omar omer ona oneida opal ophelia oralia
oren orlando orpha orval orville ossie osvaldo oswaldo otha otilia otis otto ouida owen ozella
pablo page paige palma palmer pam pamala pamela pamelia pamella pandora pansy paola parker
particia pasquale pat patria patrica patrice patricia patrick patrina patsy patti pattie patty
paul paula pauletta paulette paulina pauline pearle pearlene pearlie pearline pedro peggie peggy
penney penni pennie penny percy perla perry pete peter petra petrina phil philip phillip phillis
philomena phoebe phuong phylicia phylis phyliss phyllis piedad pierre pinkie piper polly porfirio
porsha porter portia preston pricilla princess priscilla prudence qiana queenie quentin quiana
quincy quinn quintin quinton rachael racheal rachel rachele rachell rachelle racquel rae raeann
rafael rafaela raguel raina raleigh ralph ramiro ramon ramona ramonita rana ranae randa randal
randall randee randell randi randolph randy raphael raquel rashad rasheeda rashida raul ray raye
rayford raylene raymon raymond raymundo rayna reatha reba rebbeca rebbecca rebeca rebecca rebekah
reda refugio regan regena regenia reggie regina reginald reiko reina reinaldo remedios rena renae
renaldo renata renate renato rene renea renee renetta renita reta retha retta reuben reva rex rey
reyes reyna reynalda reynaldo rhea rhett rhiannon rhoda rhona rhonda ricardo rich richard richelle
richie rickey rickie ricky rigoberto rikki riley rina risa rita robbie robbin robby robert roberta
roberto robin robt robyn rocco rochell rochelle rocio rod roderick rodger rodney rodolfo rodrick
rodrigo rogelio roger roland rolanda rolando rolf rolland roma roman romana romelia romeo romona
ron rona ronald ronda roni ronna ronni ronnie ronny roosevelt rory rosa rosalba rosalee rosalia
rosalie rosalina rosalind rosalinda rosaline rosalva rosalyn rosamond rosana rosann rosanna
rosanne rosaria rosario rosaura roscoe rose roseann roseanna roseanne rosella roselle roselyn
rosemarie rosemary rosendo rosetta rosia rosie rosina rosita roslyn ross rowena roxana roxane
roxann roxanna roxanne roxie roxy roy royce rozella ruben rubie rubin ruby rubye rudolf rudolph
rudy rueben rufina rufus rupert russ russel russell rusty ruth rutha ruthann ruthie ryan sabina
sabine sabra sabrina sachiko sade sadie sal salena sallie sally salome salvador salvatore sam
samantha samara samatha samira sammie sammy samual samuel sandi sandie sanford sang sanjuana
sanjuanita sanora santa santana santiago santina santo santos sara sarah sari sarina sarita saul
saundra savannah scarlett scot scott scottie scotty sean sebastian sebrina selena selene selina
selma serena sergio serina seth seymour sha shad shaina shakira shalonda shameka shamika shana
shanda shandra shane shaneka shanell shanelle shani shanice shanika shanita shanna shannan shannon
shanon shanta shante shantel shantell shara sharee sharen shari sharita sharla sharleen sharlene
sharon sharonda sharri sharron sharyl sharyn shasta shaun shauna shaunna shavon shavonne shawana
shawanda shawn shawna shawnda shawnee shawnna shay shayla shayna shayne shea sheena sheila sheilah
shela shelba shelby sheldon shelia shelley shelli shellie shelly shelton shemika shena shenita
sheree sheri sherie sherilyn sherita sherley sherly sherlyn sherman sheron sherrell sherri sherrie
sherrill sherron sherry sherryl sherwood shery sheryl shiela shira shirlee shirleen shirlene
shirley shirly shon shona shonda shonna shoshana shu sibyl sidney sierra signe sigrid silas silva
silvana silvia simon simona simone sindy siobhan siu skye slyvia socorro sofia solange soledad
solomon sommer son sondra song sonia sonja sonny sonya soo sook soon sophia sophie soraya spencer
spring stacey staci stacia stacie stacy stan stanley stanton starla starr stefan stefani stefania
stefanie steffanie stella stephaine stephan stephane stephani stephanie stephany stephen stephenie
stephine sterling steve steven stevie stewart stormy stuart sudie sue sueann suellen suk summer
susan susana susann susanna susannah susanne susie susy suzan suzann suzanna suzanne suzette suzie
suzy sybil syble sydney sylvester sylvia synthia syreeta tabatha tabetha tabitha tad taisha
takisha talia talisha talitha tam tamala tamar tamara tamatha tameika tameka tamekia tamela tamera
tamesha tami tamica tamie tamika tamiko tamisha tammara tammi tammie tammy tamra tana tanesha
tangela tania tanika tanisha tanja tanna tanner tanya tara tarah tarsha taryn tasha tashia tatiana
tawana tawanda tawanna tawny tawnya taylor ted teddy teena temeka tena tenisha tennie tennille
teodora teodoro tequila tera tereasa terence teresa terese teresita teressa teri terrance terrell
terrence terresa terri terrie terry tesha tess tessa tessie thad thaddeus thalia thanh thao thea
theda thelma theo theodora theodore theola theresa therese theresia theron thersa thomas thomasina
thomasine thresa thu thurman thuy tia tiana tianna tiara tierra tiesha tiffani tiffanie tiffany
tiffiny tillie tim timmy timothy tina tisha titus tobias toby tod todd tom tomas tomasa tomeka
tomi tomika tomiko tommie tommy tomoko tonda toney toni tonia tonie tonja tony tonya tory tosha
toshiko towanda toya tracee tracey traci tracie tracy tran trang travis trena trent trenton tresa
tressa tressie treva trevor trey tricia trina trinidad trinity trish trisha trista tristan troy
trudi trudie trudy trula truman tuan tuyet twana twanna twila twyla tyesha tyler tyra tyree tyrell
tyron tyrone tyson ulysses ursula usha ute vada valarie valda valencia valentin valentina
valentine valeria valerie valery vallie valorie van vance vanda vanesa vanessa vanita vannessa
vaughn veda velda velia vella velma velva velvet vena venessa venice venita venus veola verda
verdell verdie verena vergie verla verlene verlie vern verna vernell vernetta vernice vernie
vernita vernon verona veronica versie vesta veta vicenta vicente vickey vicki vickie vicky victor
victoria vikki vilma vina vince vincent vincenza vincenzo vinnie viola violeta violette virgie
virgil virgilio virgina vito viva vivan vivian viviana vivien vivienne von vonda vonnie wade wai
waldo walker wallace wally walter walton waltraud wanda waneta wanita ward warner warren waylon
wayne wei weldon wen wendell wendi wendy werner wes wesley weston whitney wilber wilbert wilbur
wilburn wilda wiley wilford wilfred wilfredo wilhelmina will willa willard willene willette willia
william williams willian willie willis willy wilma wilmer wilson wilton windy winford winfred
winifred winnie winnifred winona winston wonda woodrow wyatt wynona xavier xiomara xochitl yadira
yan yang yanira yasmin yee yen yesenia yetta ying yoko yolanda yolande yolando yolonda yong
yoshiko young yuk yukiko yuko yun yuri yvette yvonne zachariah zachary zachery zack zackary zaida
zandra zane zelda zella zelma zena zenaida zenobia zina zita zoe zofia zoila zola zora zoraida
zula zulema zulma
"""
